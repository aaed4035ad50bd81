//! What text is, in every field of both dialects: trimmed, counted in Unicode scalar values, free of control characters.

use crate::{
    upper::{NONE, upper},
    violation::Problem,
};

/// How long a text may be, in Unicode scalar values after trimming, and whether it may have several lines.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TextRule {
    /// Fewest characters; a text that is absent is another matter.
    pub min: u32,
    /// Most characters.
    pub max: u32,
    /// Line breaks and tabs are allowed.
    pub multiline: bool,
}

impl TextRule {
    /// A text in one line.
    pub const fn line(min: u32, max: u32) -> Self {
        Self { min, max, multiline: false }
    }

    /// A text that may have line breaks and tabs.
    pub const fn lines(min: u32, max: u32) -> Self {
        Self { min, max, multiline: true }
    }

    /// Says what is wrong with a text that is already trimmed and not empty.
    ///
    /// # Errors
    /// `control-character`, `too-short` or `too-long`: the first of them that applies.
    pub fn check(self, trimmed: &str) -> Result<(), Problem> {
        // Nearly every text keeps the rule, and its octets tell: a character takes one to four of them.
        let octets = u32::try_from(trimmed.len()).unwrap_or(u32::MAX);
        if octets.div_ceil(4) >= self.min && octets <= self.max && !may_have_control_characters(trimmed) {
            return Ok(());
        }
        self.check_characters(trimmed)
    }

    /// Whether a text keeps the rule for certain, and is trimmed.
    #[expect(clippy::inline_always, reason = "what is known of the rule and of the text need not be handed on")]
    #[inline(always)]
    pub(crate) fn is_plainly_kept_by(self, text: &str) -> bool {
        // A character takes one to four octets.
        let octets = text.len() as u64;
        octets <= u64::from(self.max) && u64::from(self.min) * 4 <= octets + 3 && is_plain(text)
    }

    #[cold]
    fn check_characters(self, trimmed: &str) -> Result<(), Problem> {
        if let Some(position) = control_character(trimmed, self.multiline) {
            return Err(Problem::ControlCharacter { position });
        }
        let actual = count(trimmed);
        if actual < self.min {
            return Err(Problem::TooShort { min: self.min, actual });
        }
        if actual > self.max {
            return Err(Problem::TooLong { max: self.max, actual });
        }
        Ok(())
    }
}

/// A text without the Unicode white space at its ends.
pub(crate) fn trimmed(text: &str) -> &str {
    if has_visible_ends(text) { text } else { trimmed_of(text, is_white_space) }
}

/// Whether a text is trimmed for certain, as most are: which two octets tell.
#[inline]
pub(crate) fn has_visible_ends(text: &str) -> bool {
    let is_ascii_beyond_space = |octet: Option<&u8>| octet.is_some_and(|octet| octet.cast_signed() > 0x20);
    is_ascii_beyond_space(text.as_bytes().first()) && is_ascii_beyond_space(text.as_bytes().last())
}

/// A text without the characters of a kind at its ends.
#[inline(never)]
pub(crate) fn trimmed_of(text: &str, is: fn(char) -> bool) -> &str {
    let mut rest = text.chars();
    let mut trimmed = text;
    while rest.next().is_some_and(is) {
        trimmed = rest.as_str();
    }
    let mut rest = trimmed.chars();
    while rest.next_back().is_some_and(is) {
        trimmed = rest.as_str();
    }
    trimmed
}

/// Unicode white space, as `char::is_whitespace` has it, without a table.
#[inline(never)]
pub(crate) fn is_white_space(c: char) -> bool {
    matches!(c,
        '\t'..='\r' | ' ' | '\u{85}' | '\u{A0}' | '\u{1680}' | '\u{2000}'..='\u{200A}' | '\u{2028}' | '\u{2029}' | '\u{202F}'
        | '\u{205F}' | '\u{3000}')
}

/// Unicode scalar values in a text.
pub(crate) fn count(text: &str) -> u32 {
    // All octets but those that continue a character, whose upper two bits are 10. Eight at once; a compiler that is asked for
    // small code would not do that by itself.
    let (eights, rest) = text.as_bytes().as_chunks();
    let continuing = |octets: u64| (octets >> 7 & !(octets >> 6) & EACH).count_ones();
    let mut count = u32::try_from(text.len()).unwrap_or(u32::MAX);
    for octets in eights {
        count = count.wrapping_sub(continuing(u64::from_le_bytes(*octets)));
    }
    for octet in rest {
        count = count.wrapping_sub(continuing(u64::from(*octet)));
    }
    count
}

/// A one in each of eight octets.
pub(crate) const EACH: u64 = 0x0101_0101_0101_0101;

/// The highest bit of each of eight octets.
const HIGHEST: u64 = EACH << 7;

/// The 1-based position, in characters, of the first control character (Unicode category Cc).
fn control_character(text: &str, multiline: bool) -> Option<u32> {
    if !may_have_control_characters(text) {
        return None;
    }
    let allowed = |c: char| multiline && matches!(c, '\n' | '\r' | '\t');
    let index = text.chars().position(|c| c.is_control() && !allowed(c))?;
    Some(u32::try_from(index).unwrap_or(u32::MAX).saturating_add(1))
}

/// Whether a text has octets that control characters have; nearly every text has none.
fn may_have_control_characters(text: &str) -> bool {
    let octets = text.as_bytes();
    // The last eight may be some of those before again: to fill up the rest would take longer.
    let Some(last) = octets.last_chunk() else {
        return octets.iter().any(|octet| matches!(octet, ..0x20 | 0x7F | 0xC2));
    };
    let (eights, _) = octets.as_chunks();
    eights.iter().chain([last]).any(|octets| may_be_control_characters(u64::from_le_bytes(*octets)))
}

/// Seen as octets, a control character is below 0x20, is 0x7F, or begins with 0xC2. Eight of them at once are told apart in as many
/// steps as one.
fn may_be_control_characters(octets: u64) -> bool {
    let is_first_of_two = (octets ^ (EACH * 0xC2)).wrapping_sub(EACH) & octets;
    beyond_visible(octets) & HIGHEST != 0 && ((beyond_visible(octets) & !octets) | is_first_of_two) & HIGHEST != 0
}

/// Has the highest bit of each of eight octets of a text that is below 0x20, or above 0x7E. Text has no 0xFF, which would be one too few.
fn beyond_visible(octets: u64) -> u64 {
    octets.wrapping_sub(EACH * 0x20) | octets.wrapping_add(EACH)
}

/// Whether a text is trimmed and without control characters for certain, as nearly all are: sixteen octets take little longer than one.
#[inline(never)]
fn is_plain(text: &str) -> bool {
    if !has_visible_ends(text) {
        return false;
    }
    let octets = text.as_bytes();
    if let Some(last) = octets.last_chunk::<16>() {
        // The last ones may be some of those before again: to fill up the rest would take longer. So below.
        let (chunks, _) = octets.as_chunks::<16>();
        return chunks.iter().chain([last]).all(|octets| {
            let octets = u128::from_le_bytes(*octets);
            #[expect(clippy::cast_possible_truncation, reason = "the lower half, and the upper one")]
            are_plain(octets as u64, (octets >> 64) as u64)
        });
    }
    if let (Some(first), Some(last)) = (octets.first_chunk(), octets.last_chunk()) {
        return are_plain(u64::from_le_bytes(*first), u64::from_le_bytes(*last));
    }
    if let (Some(first), Some(last)) = (octets.first_chunk(), octets.last_chunk()) {
        let [first, last] = [first, last].map(|octets| u64::from(u32::from_le_bytes(*octets)));
        return !may_be_control_characters(first | last << 32);
    }
    !may_have_control_characters(text)
}

/// Whether none of sixteen octets may be of a control character.
fn are_plain(one: u64, other: u64) -> bool {
    (beyond_visible(one) | beyond_visible(other)) & HIGHEST == 0
        || (!may_be_control_characters(one) && !may_be_control_characters(other))
}

/// Whether two texts are the same. Short ones are compared here, as to call who compares long ones would take longer.
pub(crate) fn are_same(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    if one.len() != other.len() {
        return false;
    }
    let ends =
        |octets: &[u8]| Some((u64::from_le_bytes(*octets.first_chunk()?), u64::from_le_bytes(*octets.last_chunk()?)));
    if (8..=16).contains(&one.len()) { ends(one) == ends(other) } else { one == other }
}

/// The form in which two areas are the same: white space trimmed and collapsed, upper case. Accents count.
pub(crate) fn area_key(area: &str) -> String {
    key(area, true)
}

/// The form in which two priorities are the same: as [`area_key`], and without accents.
///
/// Takes accents off precomposed Latin letters (Latin-1, Latin Extended-A) and drops combining ones.
pub(crate) fn priority_key(priority: &str) -> String {
    key(priority, false)
}

fn key(text: &str, accents_count: bool) -> String {
    let mut key = String::with_capacity(text.len());
    let (mut has_begun, mut space) = (false, false);
    for c in text.chars() {
        if is_white_space(c) {
            space = has_begun;
            continue;
        }
        let between = if core::mem::take(&mut space) { u32::from(' ') } else { NONE };
        has_begun = true;
        let [first, second, third] = if !accents_count && is_combining_accent(c) { [NONE; 3] } else { upper(c) };
        for upper in [between, first, second, third] {
            let upper = if accents_count { upper } else { without_accent(upper) };
            if let Some(upper) = char::from_u32(upper) {
                key.push(upper);
            }
        }
    }
    key
}

/// Combining diacritical marks, as decomposed text has them.
fn is_combining_accent(c: char) -> bool {
    ('\u{300}'..='\u{36F}').contains(&c)
}

fn without_accent(upper: u32) -> u32 {
    let place = upper.checked_sub(ACCENTED).and_then(|place| usize::try_from(place).ok());
    place.and_then(|place| BASES.get(place)).filter(|base| **base != 0).map_or(upper, |base| u32::from(*base))
}

/// The first accented capital.
const ACCENTED: u32 = 'À' as u32;

/// Of each character from there to the end of Latin Extended-A the letter under the accent; 0 where there is none.
#[expect(clippy::indexing_slicing, reason = "a constant has no iterators; each index is below the length")]
static BASES: [u8; 0x180 - ACCENTED as usize] = {
    let mut bases = [0; 0x180 - ACCENTED as usize];
    let mut place = 0;
    while place < bases.len() {
        #[expect(clippy::cast_possible_truncation, reason = "below 0x180")]
        if let Some(upper) = char::from_u32(ACCENTED + place as u32) {
            bases[place] = base(upper) as u8;
        }
        place += 1;
    }
    bases
};

const fn base(upper: char) -> char {
    match upper {
        'À'..='Å' | 'Ā' | 'Ă' | 'Ą' => 'A',
        'Ç' | 'Ć' | 'Ĉ' | 'Ċ' | 'Č' => 'C',
        'Ď' | 'Đ' => 'D',
        'È'..='Ë' | 'Ē' | 'Ĕ' | 'Ė' | 'Ę' | 'Ě' => 'E',
        'Ĝ' | 'Ğ' | 'Ġ' | 'Ģ' => 'G',
        'Ĥ' | 'Ħ' => 'H',
        'Ì'..='Ï' | 'Ĩ' | 'Ī' | 'Ĭ' | 'Į' | 'İ' => 'I',
        'Ĵ' => 'J',
        'Ķ' => 'K',
        'Ĺ' | 'Ļ' | 'Ľ' | 'Ŀ' | 'Ł' => 'L',
        'Ñ' | 'Ń' | 'Ņ' | 'Ň' => 'N',
        'Ò'..='Ö' | 'Ø' | 'Ō' | 'Ŏ' | 'Ő' => 'O',
        'Ŕ' | 'Ŗ' | 'Ř' => 'R',
        'Ś' | 'Ŝ' | 'Ş' | 'Š' => 'S',
        'Ţ' | 'Ť' | 'Ŧ' => 'T',
        'Ù'..='Ü' | 'Ũ' | 'Ū' | 'Ŭ' | 'Ů' | 'Ű' | 'Ų' => 'U',
        'Ŵ' => 'W',
        'Ý' | 'Ŷ' | 'Ÿ' => 'Y',
        'Ź' | 'Ż' | 'Ž' => 'Z',
        _ => '\0',
    }
}

/// A text that may have anything in it, for a message: what is no character of a line is written as Rust writes it.
pub(crate) fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for char in text.chars() {
        if char.is_control() { line.extend(char.escape_default()) } else { line.push(char) }
    }
    line
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lengths_count_scalar_values_not_bytes() {
        let rule = TextRule::line(3, 4);
        assert_eq!(rule.check("ñññ"), Ok(()));
        assert_eq!(rule.check("🦀🦀"), Err(Problem::TooShort { min: 3, actual: 2 }));
        assert_eq!(rule.check("ñññññ"), Err(Problem::TooLong { max: 4, actual: 5 }));
    }

    #[test]
    fn control_characters_are_found_where_they_stand() {
        let check = |text: &str, rule: TextRule| rule.check(text);
        assert_eq!(check("a\0b", TextRule::line(1, 9)), Err(Problem::ControlCharacter { position: 2 }));
        assert_eq!(check("ñ\u{85}", TextRule::lines(1, 9)), Err(Problem::ControlCharacter { position: 2 }));
        assert_eq!(check("a\nb", TextRule::line(1, 9)), Err(Problem::ControlCharacter { position: 2 }));
        assert_eq!(check("a\r\n\tb", TextRule::lines(1, 9)), Ok(()));
        // 0xC2 also begins letters that are no control characters.
        assert_eq!(check("£ª", TextRule::line(1, 9)), Ok(()));
    }

    #[test]
    fn white_space_is_std_s() {
        for c in '\0'..=char::MAX {
            assert_eq!(is_white_space(c), c.is_whitespace(), "{c:?}");
        }
    }

    proptest! {
        /// Eight octets at once find what one character after the other does.
        #[test]
        fn prop_counts_and_control_characters_are_those_of_the_characters(text in "[\\PC\\u{0}-\\u{FF}x\\u{300}]{0,40}", multiline: bool) {
            prop_assert_eq!(count(&text) as usize, text.chars().count());
            let allowed = |c: char| multiline && ['\n', '\r', '\t'].contains(&c);
            let expected = text.chars().position(|c| c.is_control() && !allowed(c)).map(|index| u32::try_from(index + 1).unwrap());
            prop_assert_eq!(control_character(&text, multiline), expected);
        }
    }

    proptest! {
        /// What is told in passing holds, and texts are the same that are.
        #[test]
        fn prop_what_is_plain_is_trimmed_and_keeps_its_rule(
            text in "[\\PC\\u{0}-\\u{FF}x\\u{300}]{0,9}|[a-zñ £\\u{7F}\\u{85}\\u{A0}\\n]{0,40}",
            other in "[ab]{7,18}", another in "[ab]{7,18}",
            min in 0..20_u32, max in 0..40_u32, multiline: bool,
        ) {
            let rule = TextRule { min, max, multiline };
            if rule.is_plainly_kept_by(&text) {
                prop_assert_eq!(text.trim(), &text);
                prop_assert_eq!(rule.check(&text), Ok(()));
            }
            prop_assert_eq!(are_same(&other, &another), other == another);
            prop_assert!(are_same(&other, &other.clone()));
        }
    }

    proptest! {
        /// What a text's octets tell is what its characters do.
        #[test]
        fn prop_a_text_keeps_a_rule_if_its_characters_do(text in "[\\PC\\u{0}-\\u{FF}xñ🦀]{1,20}", min in 0..20_u32, max in 0..20_u32, multiline: bool) {
            let rule = TextRule { min, max, multiline };
            let allowed = |c: char| multiline && ['\n', '\r', '\t'].contains(&c);
            let length = u32::try_from(text.chars().count()).unwrap();
            let keeps = !text.chars().any(|c| c.is_control() && !allowed(c)) && (min..=max).contains(&length);
            prop_assert_eq!(rule.check(&text).is_ok(), keeps);
        }
    }

    #[test]
    fn keys_fold_what_people_type_differently() {
        assert_eq!(area_key("  soporte \t técnico "), "SOPORTE TÉCNICO");
        assert_eq!(priority_key("Crítica"), "CRITICA");
        assert_eq!(priority_key("cri\u{301}tica"), "CRITICA");
        assert_eq!(priority_key(" muy  alta"), "MUY ALTA");
        assert_eq!(priority_key("\u{301} ŉ ǰ \u{301} ß"), " ʼN J\u{30C}  SS");
    }
}
