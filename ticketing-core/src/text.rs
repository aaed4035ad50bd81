//! What text is, in every field of both dialects: trimmed, counted in Unicode scalar values, free of control characters.

use crate::violation::Problem;

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
        if let Some(position) = control_character(trimmed, self.multiline) {
            return Err(Problem::ControlCharacter { position });
        }
        // A character takes one to four octets, so that most texts need not be counted.
        let octets = u32::try_from(trimmed.len()).unwrap_or(u32::MAX);
        if octets.div_ceil(4) >= self.min && octets <= self.max {
            return Ok(());
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
    // Most texts have none, which two octets tell.
    let is_visible = |octet: Option<&u8>| octet.is_some_and(u8::is_ascii_graphic);
    let octets = text.as_bytes();
    if is_visible(octets.first()) && is_visible(octets.last()) { text } else { text.trim() }
}

/// Unicode scalar values in a text.
pub(crate) fn count(text: &str) -> u32 {
    u32::try_from(text.chars().count()).unwrap_or(u32::MAX)
}

/// The 1-based position, in characters, of the first control character (Unicode category Cc).
fn control_character(text: &str, multiline: bool) -> Option<u32> {
    // Nearly every text has none. Seen as bytes, a control character is below 0x20, is 0x7F, or begins with 0xC2. Looking at
    // every byte takes less time than stopping at the first: many are looked at at once.
    // A plain loop, because a module that is compiled for size would call an iterator for each byte.
    let mut found = 0;
    for &byte in text.as_bytes() {
        found |= u8::from(byte < 0x20) | u8::from(byte == 0x7F) | u8::from(byte == 0xC2);
    }
    if found == 0 {
        return None;
    }
    let allowed = |c: char| multiline && matches!(c, '\n' | '\r' | '\t');
    let index = text.chars().position(|c| c.is_control() && !allowed(c))?;
    Some(u32::try_from(index).unwrap_or(u32::MAX).saturating_add(1))
}

/// The form in which two areas are the same: white space trimmed and collapsed, upper case. Accents count.
pub(crate) fn area_key(area: &str) -> String {
    collapsed(area).to_uppercase()
}

/// The form in which two priorities are the same: as [`area_key`], and without accents.
///
/// Takes accents off precomposed Latin letters (Latin-1, Latin Extended-A) and drops combining ones.
pub(crate) fn priority_key(priority: &str) -> String {
    let mut key = String::with_capacity(priority.len());
    for c in collapsed(priority).chars().filter(|c| !is_combining_accent(*c)) {
        for upper in c.to_uppercase() {
            key.push(without_accent(upper));
        }
    }
    key
}

fn collapsed(text: &str) -> String {
    let mut collapsed = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !collapsed.is_empty() {
            collapsed.push(' ');
        }
        collapsed.push_str(word);
    }
    collapsed
}

/// Combining diacritical marks, as decomposed text has them.
pub(crate) fn is_combining_accent(c: char) -> bool {
    ('\u{300}'..='\u{36F}').contains(&c)
}

fn without_accent(upper: char) -> char {
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
        other => other,
    }
}

#[cfg(test)]
mod tests {
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
    fn keys_fold_what_people_type_differently() {
        assert_eq!(area_key("  soporte \t técnico "), "SOPORTE TÉCNICO");
        assert_eq!(priority_key("Crítica"), "CRITICA");
        assert_eq!(priority_key("cri\u{301}tica"), "CRITICA");
        assert_eq!(priority_key(" muy  alta"), "MUY ALTA");
    }
}
