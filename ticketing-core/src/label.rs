//! Labels: the name of a ticket that people read, say and type, such as `TKT-2026-00142`.

use core::fmt;

use serde::{Deserialize, Serialize};

use crate::{
    limits::{LABEL_DIGITS_MAX, LABEL_NUMBER_MAX, LABEL_PREFIX_LETTERS_MAX, LABEL_YEAR_MAX, LABEL_YEAR_MIN},
    text::{is_white_space, trimmed_of},
};

/// How a deployment writes its labels: a prefix, and the digits that a number is padded to.
///
/// ```
/// use ticketing_core::LabelFormat;
///
/// let format = LabelFormat::default();
/// assert_eq!(format.label(2026, 142).unwrap().to_string(), "TKT-2026-00142");
/// assert_eq!(format.label(2026, 100_000).unwrap().to_string(), "TKT-2026-100000");
/// assert_eq!(format.parse(" tkt 2026-142 ").unwrap().to_string(), "TKT-2026-00142");
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "LabelFormatData", into = "LabelFormatData")]
pub struct LabelFormat {
    prefix: Prefix,
    digits: u8,
}

/// The name of one ticket: prefix, year and number. Prints in its canonical form.
///
/// Two labels are the same when prefix, year and number are; how many digits the number is padded to does not matter.
#[derive(Clone, Copy, Debug)]
pub struct TicketLabel {
    prefix: Prefix,
    year: u16,
    number: u32,
    digits: u8,
}

/// What keeps a text, or a format, from being one.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, thiserror::Error)]
pub enum LabelError {
    /// The text is not a prefix, a year and a number.
    #[error("a label is a prefix, a year and a number, such as TKT-2026-00142")]
    Shape,
    /// The year is not between 2000 and 9999.
    #[error("the year of a label lies between {LABEL_YEAR_MIN} and {LABEL_YEAR_MAX}")]
    Year,
    /// The number is zero or above 2 147 483 647.
    #[error("the number of a label lies between 1 and {LABEL_NUMBER_MAX}")]
    Number,
    /// The prefix is not 1 to 10 letters A–Z.
    #[error("the prefix of a label is 1 to {LABEL_PREFIX_LETTERS_MAX} letters A to Z")]
    Prefix,
    /// Numbers are padded to 1 to 9 digits.
    #[error("the numbers of labels are padded to 1 to {LABEL_DIGITS_MAX} digits")]
    Digits,
}

impl LabelFormat {
    /// A format with a prefix of 1 to 10 letters A–Z (upper-cased) and numbers padded to 1 to 9 digits.
    ///
    /// # Errors
    /// [`LabelError::Prefix`] or [`LabelError::Digits`].
    pub fn new(prefix: &str, digits: u8) -> Result<Self, LabelError> {
        let prefix = Prefix::new(prefix).ok_or(LabelError::Prefix)?;
        if !(1..=LABEL_DIGITS_MAX).contains(&digits) {
            return Err(LabelError::Digits);
        }
        Ok(Self { prefix, digits })
    }

    /// The prefix in capitals.
    pub fn prefix(&self) -> &str {
        self.prefix.as_str()
    }

    /// The number of digits that numbers are padded to.
    pub fn digits(&self) -> u8 {
        self.digits
    }

    /// The label of a year's ticket number.
    ///
    /// # Errors
    /// [`LabelError::Year`] outside 2000–9999, [`LabelError::Number`] outside 1–2 147 483 647.
    pub fn label(&self, year: u16, number: u32) -> Result<TicketLabel, LabelError> {
        TicketLabel::new(self.prefix, year, number, self.digits)
    }

    /// Reads what a person typed: any letter case; spaces, dots, slashes, underscores and dashes of every kind, or nothing,
    /// between the parts; leading zeros or none; a `#` before it.
    ///
    /// The prefix may be any: a deployment that changed its own still finds its older tickets.
    ///
    /// # Errors
    /// [`LabelError::Shape`], [`LabelError::Prefix`], [`LabelError::Year`] or [`LabelError::Number`].
    pub fn parse<'t>(&self, text: &'t str) -> Result<TicketLabel, LabelError> {
        let text = trimmed_of(text, is_margin);
        let after = |text: &'t str| trimmed_of(text, is_separator);
        let (prefix, rest) = span(text, u8::is_ascii_alphabetic);
        let (year, rest) = span(after(rest), u8::is_ascii_digit);
        let number = after(rest);
        let (digits, end) = span(number, u8::is_ascii_digit);
        if prefix.is_empty() || year.len() != 4 || number.len() == rest.len() || digits.is_empty() || !end.is_empty() {
            return Err(LabelError::Shape);
        }
        TicketLabel::of_parts(prefix, year, digits, self.digits)
    }
}

/// `TKT`, five digits. Source: the seed.
impl Default for LabelFormat {
    fn default() -> Self {
        Self { prefix: Prefix::TKT, digits: 5 }
    }
}

impl TicketLabel {
    fn of_parts(prefix: &str, year: &str, number: &str, digits: u8) -> Result<Self, LabelError> {
        let prefix = Prefix::new(prefix).ok_or(LabelError::Prefix)?;
        let year = value(year).and_then(|year| u16::try_from(year).ok()).ok_or(LabelError::Year)?;
        let number = value(number).ok_or(LabelError::Number)?;
        Self::new(prefix, year, number, digits)
    }

    fn new(prefix: Prefix, year: u16, number: u32, digits: u8) -> Result<Self, LabelError> {
        if !(LABEL_YEAR_MIN..=LABEL_YEAR_MAX).contains(&year) {
            return Err(LabelError::Year);
        }
        if !(1..=LABEL_NUMBER_MAX).contains(&number) {
            return Err(LabelError::Number);
        }
        Ok(Self { prefix, year, number, digits })
    }

    /// The prefix in capitals.
    pub fn prefix(&self) -> &str {
        self.prefix.as_str()
    }

    /// The year in whose series the number stands.
    pub fn year(&self) -> u16 {
        self.year
    }

    /// The number in its year's series, from 1.
    pub fn number(&self) -> u32 {
        self.number
    }
}

/// Reads a canonical label and nothing else: what [`Display`](fmt::Display) printed, with the padding that it had.
impl core::str::FromStr for TicketLabel {
    type Err = LabelError;

    fn from_str(canonical: &str) -> Result<Self, LabelError> {
        let mut parts = canonical.splitn(3, '-');
        let (Some(prefix), Some(year), Some(number)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(LabelError::Shape);
        };
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let padding = u8::try_from(number.len()).unwrap_or(u8::MAX).clamp(1, LABEL_DIGITS_MAX);
        let is_padded = number.len() <= usize::from(padding) || !number.starts_with('0');
        let is_upper = !prefix.is_empty() && prefix.bytes().all(|byte| byte.is_ascii_uppercase());
        if year.len() != 4 || !is_number(year) || !is_number(number) || !is_padded || !is_upper {
            return Err(LabelError::Shape);
        }
        Self::of_parts(prefix, year, number, padding)
    }
}

impl PartialEq for TicketLabel {
    fn eq(&self, other: &Self) -> bool {
        (self.prefix, self.year, self.number) == (other.prefix, other.year, other.number)
    }
}

impl Eq for TicketLabel {}

impl TicketLabel {
    /// As [`write`](Self::write), as text.
    pub fn write_text<'b>(&self, text: &'b mut [u8; 26]) -> &'b str {
        // INVARIANT: ASCII.
        core::str::from_utf8(self.write(text)).unwrap_or_default()
    }

    /// Its canonical form in ASCII, written into a buffer in one piece. Labels are printed for every row of every list.
    pub fn write<'b>(&self, text: &'b mut [u8; 26]) -> &'b [u8] {
        // From the right: ten digits at most, a dash, four, a dash, ten letters at most.
        let mut start = text.len();
        let mut put = |octet: u8| {
            start = start.saturating_sub(1);
            if let Some(slot) = text.get_mut(start) {
                *slot = octet;
            }
        };
        let (mut number, mut year) = (self.number, self.year);
        for written in 0.. {
            if number == 0 && written >= self.digits {
                break;
            }
            put(digit(number % 10));
            number /= 10;
        }
        put(b'-');
        for _ in 0..4 {
            put(digit(u32::from(year % 10)));
            year /= 10;
        }
        put(b'-');
        for letter in self.prefix.octets().iter().rev() {
            put(*letter);
        }
        text.get(start..).unwrap_or_default()
    }
}

impl fmt::Display for TicketLabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.write_text(&mut [0; 26]))
    }
}

impl Serialize for TicketLabel {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.write_text(&mut [0; 26]))
    }
}

/// 1 to 10 capital letters, in place: a label is copied about and never allocates.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Prefix {
    letters: [u8; LABEL_PREFIX_LETTERS_MAX],
    len: u8,
}

impl Prefix {
    const TKT: Self = Self { letters: *b"TKT\0\0\0\0\0\0\0", len: 3 };

    fn new(text: &str) -> Option<Self> {
        let mut letters = [0; LABEL_PREFIX_LETTERS_MAX];
        let mut slots = letters.iter_mut();
        for letter in text.bytes() {
            if !letter.is_ascii_alphabetic() {
                return None;
            }
            *slots.next()? = letter.to_ascii_uppercase();
        }
        let len = u8::try_from(text.len()).ok().filter(|len| *len > 0)?;
        Some(Self { letters, len })
    }

    fn octets(&self) -> &[u8] {
        self.letters.get(..self.len.into()).unwrap_or_default()
    }

    fn as_str(&self) -> &str {
        // INVARIANT: the first `len` bytes are ASCII letters.
        core::str::from_utf8(self.octets()).unwrap_or_default()
    }
}

impl fmt::Debug for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LabelFormatData {
    #[serde(rename = "prefijo")]
    prefix: String,
    #[serde(rename = "digitos", default = "five")]
    digits: u8,
}

fn five() -> u8 {
    5
}

impl TryFrom<LabelFormatData> for LabelFormat {
    type Error = LabelError;

    fn try_from(data: LabelFormatData) -> Result<Self, LabelError> {
        Self::new(&data.prefix, data.digits)
    }
}

impl From<LabelFormat> for LabelFormatData {
    fn from(format: LabelFormat) -> Self {
        Self { prefix: format.prefix().to_owned(), digits: format.digits }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "below ten")]
const fn digit(value: u32) -> u8 {
    b'0' + value as u8
}

/// The ASCII characters at the start of a text that are of a kind, and the rest.
#[inline(never)]
fn span(text: &str, is: fn(&u8) -> bool) -> (&str, &str) {
    let end = text.bytes().position(|octet| !is(&octet)).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

/// The number that digits are, unless it is too large.
fn value(digits: &str) -> Option<u32> {
    digits
        .bytes()
        .try_fold(0_u32, |value, digit| value.checked_mul(10)?.checked_add(u32::from(digit.wrapping_sub(b'0'))))
}

/// What may stand around a label.
fn is_margin(c: char) -> bool {
    c == '#' || is_separator(c)
}

/// What word processors, phones and people put between the parts: white space, full stops, slashes, underscores, and every
/// dash from the hyphen to the em dash and the minus sign.
fn is_separator(c: char) -> bool {
    is_white_space(c)
        || matches!(c, '-' | '.' | '/' | '_' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{FE63}' | '\u{FF0D}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(typed: &str, canonical: &str) {
        assert_eq!(
            LabelFormat::default().parse(typed).map(|label| label.to_string()).as_deref(),
            Ok(canonical),
            "{typed}"
        );
    }

    #[track_caller]
    fn refused(typed: &str, error: LabelError) {
        assert_eq!(LabelFormat::default().parse(typed), Err(error), "{typed}");
    }

    #[test]
    fn what_people_type_is_read() {
        check("TKT-2026-00142", "TKT-2026-00142");
        check("tkt-2026-142", "TKT-2026-00142");
        check("  Tkt - 2026 - 142 \n", "TKT-2026-00142");
        check("TKT 2026 142", "TKT-2026-00142");
        check("tkt2026-142", "TKT-2026-00142");
        check("TKT–2026—00142", "TKT-2026-00142");
        check("#TKT-2026-00142.", "TKT-2026-00142");
        check("TKT_2026_0000000000142", "TKT-2026-00142");
        check("TKT\u{A0}2026/142", "TKT-2026-00142");
    }

    #[test]
    fn numbers_grow_past_their_padding() {
        check("TKT-2026-99999", "TKT-2026-99999");
        check("TKT-2026-100000", "TKT-2026-100000");
        check("TKT-2026-2147483647", "TKT-2026-2147483647");
        refused("TKT-2026-2147483648", LabelError::Number);
        refused("TKT-2026-99999999999999999999", LabelError::Number);
        refused("TKT-2026-0", LabelError::Number);
    }

    #[test]
    fn years_are_those_of_four_digits_from_2000() {
        check("TKT-2000-1", "TKT-2000-00001");
        check("TKT-9999-1", "TKT-9999-00001");
        refused("TKT-1999-1", LabelError::Year);
        refused("TKT-10000-1", LabelError::Shape);
        refused("TKT-026-1", LabelError::Shape);
    }

    #[test]
    fn what_is_no_label_is_refused() {
        for text in [
            "",
            "TKT",
            "TKT-2026",
            "2026-142",
            "TKT-2026-",
            "TKT-2026-14x",
            "TKT-2026-1-2",
            "TKT-２０２６-1",
            "TKT2026142",
        ] {
            refused(text, LabelError::Shape);
        }
        refused("ABCDEFGHIJK-2026-1", LabelError::Prefix);
    }

    #[test]
    fn only_the_canonical_form_is_read_back_as_stored() {
        assert_eq!("ABC-2026-0142".parse::<TicketLabel>().unwrap().to_string(), "ABC-2026-0142");
        for text in ["tkt-2026-142", "TKT-2026-142 ", "TKT 2026-142", "TKT-2026-0000000142", "142", "-2026-1"] {
            assert_eq!(text.parse::<TicketLabel>(), Err(LabelError::Shape), "{text}");
        }
    }

    #[test]
    fn another_prefix_is_another_label() {
        let format = LabelFormat::default();
        assert_ne!(format.parse("ABC-2026-1"), format.parse("TKT-2026-1"));
        assert!(LabelFormat::new("", 5).is_err());
        assert!(LabelFormat::new("T1", 5).is_err());
        assert!(LabelFormat::new("TKT", 0).is_err());
        assert!(LabelFormat::new("TKT", 10).is_err());
    }

    proptest! {
        #[test]
        fn prop_parse_of_print_is_the_identity(
            prefix in "[A-Za-z]{1,10}", digits in 1_u8..=9, year in 2000_u16..=9999, number in 1_u32..=LABEL_NUMBER_MAX,
        ) {
            let format = LabelFormat::new(&prefix, digits).unwrap();
            let label = format.label(year, number).unwrap();
            let parsed = format.parse(&label.to_string()).unwrap();
            prop_assert_eq!(parsed, label);
            prop_assert_eq!(parsed.to_string(), label.to_string());
            // A stored label keeps the padding that it was given.
            prop_assert_eq!(label.to_string().parse::<TicketLabel>().unwrap().to_string(), label.to_string());
        }

        #[test]
        fn prop_print_of_parse_is_stable(text in "\\PC*|[tT#]?[kK]?T[- –]?20[0-9]{2}[- .]?[0-9]{0,12}") {
            let format = LabelFormat::default();
            if let Ok(label) = format.parse(&text) {
                prop_assert_eq!(format.parse(&label.to_string()), Ok(label));
            }
        }
    }
}
