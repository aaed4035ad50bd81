use core::fmt;

/// What another system shows to be believed: `tkt_`, eight letters and digits by which people recognise it, `_`, and 43 that
/// hold 32 random octets. It never shows: not in a log, not in an error.
///
/// ```
/// use ticketing_core::token::TokenSecret;
///
/// let secret = TokenSecret::from_random([7; 6], [9; 32]);
/// assert_eq!(secret.prefix(), "tkt_7Wak62C2");
/// assert_eq!(TokenSecret::parse(secret.reveal()).unwrap().prefix(), secret.prefix());
/// assert_eq!(format!("{secret:?}"), "••••••");
/// ```
#[derive(Clone)]
pub struct TokenSecret(String);

/// Characters of the part that people recognise, without the mark.
const ID_CHARS: usize = 8;
/// Characters of the part that nobody can guess: as many as 32 octets need.
const RANDOM_CHARS: usize = 43;
const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

impl TokenSecret {
    /// What every secret begins with, so that programs that look for leaked ones find them.
    pub const MARK: &str = "tkt_";

    /// The secret made of random octets: some to recognise it by, and some to keep.
    pub fn from_random(id: [u8; 6], random: [u8; 32]) -> Self {
        let mut text = Self::MARK.to_owned();
        push_digits(&mut text, id, ID_CHARS);
        text.push('_');
        push_digits(&mut text, random, RANDOM_CHARS);
        Self(text)
    }

    /// A text that has the form of a secret, to the letter; whether it is one, is known by its hash.
    pub fn parse(text: &str) -> Option<Self> {
        let (id, random) = text.strip_prefix(Self::MARK)?.split_once('_')?;
        let are_digits =
            |part: &str, count| part.len() == count && part.bytes().all(|octet| octet.is_ascii_alphanumeric());
        (are_digits(id, ID_CHARS) && are_digits(random, RANDOM_CHARS)).then(|| Self(text.to_owned()))
    }

    /// The start that may be shown.
    pub fn prefix(&self) -> &str {
        self.0.get(..Self::MARK.len() + ID_CHARS).unwrap_or_default()
    }

    /// All of it, for whoever hands it out or makes a hash of it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

/// Dots, however many characters it has.
impl fmt::Debug for TokenSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("••••••")
    }
}

/// The last digits of a number to the base of 62, the last one first. 43 of them hold 256 bits: no two numbers are one text.
fn push_digits<const N: usize>(text: &mut String, mut number: [u8; N], digits: usize) {
    for _ in 0..digits {
        let mut rest = 0_u16;
        for octet in &mut number {
            let value = rest << 8 | u16::from(*octet);
            *octet = u8::try_from(value / 62).unwrap_or_default();
            rest = value % 62;
        }
        text.extend(ALPHABET.get(usize::from(rest)).copied().map(char::from));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn prop_a_secret_has_the_form_of_one(id: [u8; 6], random: [u8; 32]) {
            let secret = TokenSecret::from_random(id, random);
            prop_assert_eq!(secret.reveal().len(), 56);
            prop_assert_eq!(secret.prefix().len(), 12);
            prop_assert!(secret.reveal().starts_with(secret.prefix()));
            let parsed = TokenSecret::parse(secret.reveal()).unwrap();
            prop_assert_eq!(parsed.reveal(), secret.reveal());
        }

        /// Read back to the octets: none of the 256 bits is lost.
        #[test]
        fn prop_the_part_that_nobody_guesses_holds_all_of_its_octets(random: [u8; 32]) {
            let secret = TokenSecret::from_random([0; 6], random);
            let mut number = [0_u8; 32];
            for digit in secret.reveal().rsplit('_').next().unwrap().bytes().rev() {
                let mut carry = ALPHABET.iter().position(|letter| *letter == digit).unwrap();
                for octet in number.iter_mut().rev() {
                    carry += usize::from(*octet) * 62;
                    *octet = u8::try_from(carry % 256).unwrap();
                    carry /= 256;
                }
                prop_assert_eq!(carry, 0);
            }
            prop_assert_eq!(number, random);
        }

        #[test]
        fn prop_no_text_whatever_is_a_panic(text in "\\PC{0,60}") {
            prop_assert!(TokenSecret::parse(&text).is_none());
        }
    }

    #[test]
    fn a_text_that_is_a_letter_off_is_no_secret() {
        let secret = TokenSecret::from_random([1; 6], [2; 32]);
        let text = secret.reveal();
        for other in [
            text.to_uppercase(),
            format!("{text} "),
            format!(" {text}"),
            format!("{text}x"),
            text[..55].to_owned(),
            text.replace("tkt_", "tkt-"),
            text.replace('_', ""),
            text.replacen(&text[20..21], "ñ", 1),
            "tkt_".into(),
            "tkt__".into(),
            String::new(),
        ] {
            assert!(TokenSecret::parse(&other).is_none(), "{other}");
        }
    }

    #[test]
    fn prefixes_tell_secrets_apart() {
        let prefixes: BTreeSet<_> = (0..=255)
            .map(|number| TokenSecret::from_random([0, 0, 0, 0, 0, number], [0; 32]).prefix().to_owned())
            .collect();
        assert_eq!(prefixes.len(), 256);
    }
}
