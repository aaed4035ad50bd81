//! The languages that messages come in.

use serde::{Deserialize, Serialize};

/// A language of messages. Spanish is the default.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Locale {
    /// Spanish.
    #[default]
    Es,
    /// English.
    En,
    /// Portuguese.
    Pt,
}

impl Locale {
    /// Every locale.
    pub const ALL: [Self; 3] = [Self::Es, Self::En, Self::Pt];

    /// The language's ISO 639-1 code: `es`, `en` or `pt`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Es => "es",
            Self::En => "en",
            Self::Pt => "pt",
        }
    }

    /// A text's form in this language, of one in each, in the order of [`ALL`](Self::ALL).
    pub const fn pick(self, [es, en, pt]: [&str; 3]) -> &str {
        match self {
            Self::Es => es,
            Self::En => en,
            Self::Pt => pt,
        }
    }

    /// The locale of a language tag such as `pt-BR`, if there is one.
    pub fn from_tag(tag: &str) -> Option<Self> {
        let language = tag.trim().split(['-', '_']).next().unwrap_or_default();
        Self::ALL.into_iter().find(|locale| language.eq_ignore_ascii_case(locale.code()))
    }

    /// The locale that an `Accept-Language` header asks for most; Spanish where it asks for none of them.
    ///
    /// Source: RFC 9110, section 12.5.4.
    ///
    /// ```
    /// use ticketing_core::Locale;
    ///
    /// assert_eq!(Locale::negotiate("fr, pt-BR;q=0.8, en;q=0.5"), Locale::Pt);
    /// assert_eq!(Locale::negotiate("*"), Locale::Es);
    /// ```
    pub fn negotiate(accept_language: &str) -> Self {
        let mut best: Option<(u16, Self)> = None;
        for range in accept_language.split(',') {
            let mut parts = range.split(';');
            let tag = parts.next().unwrap_or_default();
            let weight = parts.find_map(|part| part.trim().strip_prefix("q=")).map_or(Some(1000), per_mille);
            if let (Some(locale), Some(weight @ 1..)) = (Self::from_tag(tag), weight)
                && best.is_none_or(|(highest, _)| weight > highest)
            {
                best = Some((weight, locale));
            }
        }
        best.map(|(_, locale)| locale).unwrap_or_default()
    }
}

/// A quality value (`0`, `0.8`, `1.000`) in thousandths.
fn per_mille(quality: &str) -> Option<u16> {
    let (whole, fraction) = quality.trim().split_once('.').unwrap_or((quality.trim(), ""));
    if fraction.len() > 3 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let fraction = fraction.bytes().chain(*b"000").take(3).fold(0, |sum, digit| sum * 10 + u16::from(digit - b'0'));
    match whole {
        "0" => Some(fraction),
        "1" if fraction == 0 => Some(1000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_weight_wins_and_then_the_first() {
        assert_eq!(Locale::negotiate("en"), Locale::En);
        assert_eq!(Locale::negotiate("en;q=0.1,es;q=0.2"), Locale::Es);
        assert_eq!(Locale::negotiate("pt,en"), Locale::Pt);
        assert_eq!(Locale::negotiate("en;q=0, pt;q=0.001"), Locale::Pt);
        assert_eq!(Locale::negotiate("en-US,en;q=0.9"), Locale::En);
    }

    #[test]
    fn nonsense_falls_back_to_spanish() {
        for header in ["", ",,;", "zz", "en;q=7", "en;q=0.00001", "en;q=-1", "english"] {
            assert_eq!(Locale::negotiate(header), Locale::Es, "{header}");
        }
    }
}
