//! E-mail addresses: what a help desk can write back to.

use core::fmt;

use serde::{Deserialize, Serialize};

use crate::{
    limits,
    text::{self, TextRule},
};

/// What somebody types to be found by their address. It needs not be one: what is none matches nothing.
#[expect(clippy::cast_possible_truncation, reason = "254")]
pub(crate) const TYPED: TextRule = TextRule::line(1, limits::EMAIL_OCTETS_MAX as u32);

/// An e-mail address: a dot-atom, `@`, and a domain of at least two labels. At most 254 octets.
///
/// - The part before the `@` is RFC 5322's dot-atom, with letters beyond ASCII as RFC 6531 allows; at most 64 octets. No
///   quoted strings, comments or address literals: no requester has one, and every one of them is a way to smuggle.
/// - The domain's labels are letters of any script, digits and inner hyphens, at most 63 characters each; the last label is
///   not all digits.
///
/// It is kept as it was given, letter case included, because the public look-up compares exactly.
///
/// Source: RFC 5321 (4.5.3.1, lengths), RFC 5322 (3.2.3, dot-atom), RFC 6531 (3.3, letters), RFC 1123 (2.1, domains).
///
/// ```
/// use ticketing_core::EmailAddress;
///
/// let address = EmailAddress::parse(" ana.garcía@correo.example ").unwrap();
/// assert_eq!(address.as_str(), "ana.garcía@correo.example");
/// assert_eq!(EmailAddress::parse("ana@localhost").unwrap_err().reason(), "domain-without-dot");
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EmailAddress(String);

/// What keeps a text from being an e-mail address.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, thiserror::Error)]
pub enum EmailError {
    /// There is no `@`.
    #[error("it has no @")]
    MissingAt,
    /// Nothing stands before the `@`.
    #[error("nothing stands before the @")]
    LocalEmpty,
    /// More than 64 octets stand before the `@`.
    #[error("the part before the @ is longer than {} octets", limits::EMAIL_LOCAL_OCTETS_MAX)]
    LocalTooLong,
    /// The part before the `@` begins or ends with a dot, or has two in a row.
    #[error("a dot before the @ does not stand between two characters")]
    LocalDot,
    /// A character that may not stand before the `@`.
    #[error("a character before the @ is not allowed")]
    LocalCharacter,
    /// The domain is a single label.
    #[error("the domain has no dot")]
    DomainWithoutDot,
    /// A label of the domain is empty, longer than 63 characters, or begins or ends with a hyphen.
    #[error("a part of the domain is empty, too long, or begins or ends with a hyphen")]
    DomainLabel,
    /// A character that may not stand in a domain.
    #[error("a character of the domain is not allowed")]
    DomainCharacter,
    /// The domain's last label is all digits, as in an IP address.
    #[error("the domain ends in a number")]
    DomainNumeric,
    /// More than 254 octets.
    #[error("it is longer than {} octets", limits::EMAIL_OCTETS_MAX)]
    TooLong,
}

impl EmailError {
    /// A stable kebab-case name.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::MissingAt => "missing-at",
            Self::LocalEmpty => "local-empty",
            Self::LocalTooLong => "local-too-long",
            Self::LocalDot => "local-dot",
            Self::LocalCharacter => "local-character",
            Self::DomainWithoutDot => "domain-without-dot",
            Self::DomainLabel => "domain-label",
            Self::DomainCharacter => "domain-character",
            Self::DomainNumeric => "domain-numeric",
            Self::TooLong => "too-long",
        }
    }
}

impl EmailAddress {
    /// Reads an address, white space at both ends trimmed.
    ///
    /// # Errors
    /// The first [`EmailError`] found, from left to right; the length of the whole first.
    pub fn parse(text: &str) -> Result<Self, EmailError> {
        let address = text::trimmed(text);
        check(address).map(|()| Self(address.to_owned()))
    }

    /// An address that [`check`] has passed.
    pub(crate) fn checked(address: String) -> Self {
        Self(address)
    }

    /// The address as it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// By which users' addresses compare: in lower case.
    pub fn key(&self) -> String {
        key(&self.0)
    }
}

/// The form in which two users' addresses are the same.
pub(crate) fn key(address: &str) -> String {
    address.to_lowercase()
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl AsRef<str> for EmailAddress {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for EmailAddress {
    type Error = EmailError;

    fn try_from(text: String) -> Result<Self, EmailError> {
        Self::parse(&text)
    }
}

impl From<EmailAddress> for String {
    fn from(address: EmailAddress) -> Self {
        address.0
    }
}

/// Says whether a trimmed text is an address.
pub(crate) fn check(address: &str) -> Result<(), EmailError> {
    // Who waits for a browser's module waits longer for the table than for the check.
    if !cfg!(target_family = "wasm") && is_plain(address) { Ok(()) } else { check_parts(address) }
}

/// Whether a text is an address for certain, and trimmed, as nearly all are: in ASCII, and no longer than a single label may be. Each
/// octet is looked at once.
pub(crate) fn is_plain(address: &str) -> bool {
    let step = |place: u64, octet: u8| STEPS.get(usize::from(octet)).map_or(NOWHERE, |steps| steps >> (place % 64));
    address.len() <= limits::EMAIL_DOMAIN_LABEL_CHARS_MAX && address.bytes().fold(LOCAL_BEGINS, step) % 64 == LABEL
}

/// The places of an address that an octet may leave behind it. Each is where its six bits stand in a number of [`STEPS`].
const NOWHERE: u64 = 0;
const LOCAL_BEGINS: u64 = 6;
const LOCAL: u64 = 12;
const DOMAIN_BEGINS: u64 = 18;
const FIRST_LABEL: u64 = 24;
const FIRST_LABELS_HYPHEN: u64 = 30;
const LABEL_BEGINS: u64 = 36;
/// A label that is all digits so far; it may not be the last.
const NUMBER: u64 = 42;
const LABEL: u64 = 48;
const HYPHEN: u64 = 54;

/// Of each octet where it leads from each place: six bits for each, so that a step is one shift.
#[expect(
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a constant has no iterators; each index is below 256"
)]
static STEPS: [u64; 256] = {
    let mut steps = [0; 256];
    let mut octet = 0;
    while octet < steps.len() {
        let is_atom = ATOM_OR_DOT.0[octet];
        steps[octet] = match octet as u8 {
            b'@' => DOMAIN_BEGINS << LOCAL,
            b'.' => {
                LOCAL_BEGINS << LOCAL | LABEL_BEGINS << FIRST_LABEL | LABEL_BEGINS << NUMBER | LABEL_BEGINS << LABEL
            }
            b'-' => {
                LOCAL << LOCAL_BEGINS
                    | LOCAL << LOCAL
                    | FIRST_LABELS_HYPHEN << FIRST_LABEL
                    | FIRST_LABELS_HYPHEN << FIRST_LABELS_HYPHEN
                    | HYPHEN << NUMBER
                    | HYPHEN << LABEL
                    | HYPHEN << HYPHEN
            }
            octet if octet.is_ascii_alphanumeric() => {
                let label = if octet.is_ascii_digit() { NUMBER } else { LABEL };
                LOCAL << LOCAL_BEGINS
                    | LOCAL << LOCAL
                    | FIRST_LABEL << DOMAIN_BEGINS
                    | FIRST_LABEL << FIRST_LABEL
                    | FIRST_LABEL << FIRST_LABELS_HYPHEN
                    | label << LABEL_BEGINS
                    | label << NUMBER
                    | LABEL << LABEL
                    | LABEL << HYPHEN
            }
            _ if is_atom => LOCAL << LOCAL_BEGINS | LOCAL << LOCAL,
            _ => NOWHERE,
        };
        octet += 1;
    }
    steps
};

fn check_parts(address: &str) -> Result<(), EmailError> {
    if address.len() > limits::EMAIL_OCTETS_MAX {
        return Err(EmailError::TooLong);
    }
    let at = address.bytes().position(|byte| byte == b'@').ok_or(EmailError::MissingAt)?;
    let (local, domain) = (address.get(..at).unwrap_or_default(), address.get(at + 1..).unwrap_or_default());
    check_local(local)?;
    check_domain(domain)
}

fn check_local(local: &str) -> Result<(), EmailError> {
    if local.is_empty() {
        return Err(EmailError::LocalEmpty);
    }
    if local.len() > limits::EMAIL_LOCAL_OCTETS_MAX {
        return Err(EmailError::LocalTooLong);
    }
    if !all(local, &ATOM_OR_DOT) {
        return Err(EmailError::LocalCharacter);
    }
    if local.as_bytes().split(|byte| *byte == b'.').any(<[u8]>::is_empty) {
        return Err(EmailError::LocalDot);
    }
    Ok(())
}

fn check_domain(domain: &str) -> Result<(), EmailError> {
    if !all(domain, &DOMAIN) {
        return Err(EmailError::DomainCharacter);
    }
    let mut last = b"" as &[u8];
    let mut labels = 0_u32;
    for label in domain.as_bytes().split(|byte| *byte == b'.') {
        let begins_character = |byte: &&u8| **byte & 0xC0 != 0x80;
        if label.is_empty()
            || label.starts_with(b"-")
            || label.ends_with(b"-")
            || (label.len() > limits::EMAIL_DOMAIN_LABEL_CHARS_MAX
                && label.iter().filter(begins_character).count() > limits::EMAIL_DOMAIN_LABEL_CHARS_MAX)
        {
            let has_dot = domain.bytes().any(|byte| byte == b'.');
            return Err(if has_dot { EmailError::DomainLabel } else { EmailError::DomainWithoutDot });
        }
        last = label;
        labels = labels.saturating_add(1);
    }
    if labels < 2 {
        return Err(EmailError::DomainWithoutDot);
    }
    if last.iter().all(u8::is_ascii_digit) {
        return Err(EmailError::DomainNumeric);
    }
    Ok(())
}

/// RFC 5322's atext, and the dot.
static ATOM_OR_DOT: AsciiSet = AsciiSet::letters_and_digits().with(b".!#$%&'*+-/=?^_`{|}~");
/// What stands in a domain.
static DOMAIN: AsciiSet = AsciiSet::letters_and_digits().with(b".-");

/// Whether a text is of these characters, and letters beyond ASCII.
fn all(text: &str, set: &AsciiSet) -> bool {
    text.bytes().all(|byte| set.has(byte))
        || text
            .chars()
            .all(|c| u8::try_from(c).ok().filter(u8::is_ascii).map_or_else(|| is_letter(c), |byte| set.has(byte)))
}

/// A set of ASCII characters, of each byte whether it is one.
struct AsciiSet([bool; 256]);

impl AsciiSet {
    const fn letters_and_digits() -> Self {
        Self([false; 256]).with(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
    }

    #[expect(clippy::indexing_slicing, reason = "a const fn has no iterators; each index is below its length")]
    const fn with(self, more: &[u8]) -> Self {
        let Self(mut has) = self;
        let mut index = 0;
        while index < more.len() {
            has[more[index] as usize] = true;
            index += 1;
        }
        Self(has)
    }

    fn has(&self, byte: u8) -> bool {
        self.0.get(usize::from(byte)).is_some_and(|has| *has)
    }
}

/// A letter, mark or digit of any script beyond ASCII: whatever does not stand in a block of signs, of private characters, or of
/// none at all.
///
/// Not as Unicode has it: that changes with its version, so that a server and a browser would disagree, and takes a table of 1.4 kB
/// to say, compressed.
fn is_letter(c: char) -> bool {
    let point = u32::from(c);
    // Pictures, and planes without letters.
    if point >= 0xE_0000 || (0x1_F000..0x2_0000).contains(&point) {
        return false;
    }
    !SIGNS.iter().any(|(first, last)| (u32::from(*first)..=u32::from(*last)).contains(&point))
}

/// From and to.
static SIGNS: [(u16, u16); 28] = [
    // Controls, and the signs of Latin-1.
    (0, 0xA9),
    (0xAB, 0xB4),
    (0xB6, 0xB9),
    (0xBB, 0xBF),
    (0xD7, 0xD7),
    (0xF7, 0xF7),
    // What Unicode takes for blank or unseen.
    (0x34F, 0x34F),
    (0x61C, 0x61C),
    (0x115F, 0x1160),
    (0x1680, 0x1680),
    (0x17B4, 0x17B5),
    (0x180B, 0x180F),
    // From spaces, dashes and quotation marks to arrows and pictures.
    (0x2000, 0x2BFF),
    (0x2E00, 0x2FFF),
    // Of East Asian signs those that are written in words stay: 々〆〇.
    (0x3000, 0x3004),
    (0x3008, 0x3020),
    (0x3030, 0x3030),
    (0x303D, 0x3040),
    (0x3164, 0x3164),
    // Private characters, and variants of signs.
    (0xE000, 0xF8FF),
    (0xFD3E, 0xFD3F),
    (0xFE00, 0xFE1F),
    (0xFE30, 0xFE6F),
    (0xFEFF, 0xFF0F),
    (0xFF1A, 0xFF20),
    (0xFF3B, 0xFF40),
    (0xFF5B, 0xFF65),
    (0xFFE0, 0xFFFF),
];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn refused(text: &str, reason: &str) {
        assert_eq!(EmailAddress::parse(text).unwrap_err().reason(), reason, "{text}");
    }

    #[test]
    fn addresses_that_people_have_are_accepted() {
        for address in [
            "ana@example.com",
            "ana.garcia+mesa@correo.example.co",
            "o'brien@example.ie",
            "a@b.co",
            "1@2.example",
            "josé.ñúñez@compañía.example",
            "用户@例子.公司",
            "उदाहरण@परीक्षा.भारत",
            "x@xn--bcher-kva.example",
            "!#$%&'*+-/=?^_`{|}~@example.com",
            "Ana@EXAMPLE.Com",
            "jose\u{301}@example.com",
            "佐々木@日本語.例",
            "אנה@דוגמה.קום",
            "ana@ÿþ.example",
        ] {
            assert_eq!(EmailAddress::parse(address).unwrap().as_str(), address);
        }
    }

    #[test]
    fn what_cannot_be_written_to_is_refused_with_its_reason() {
        refused("ana", "missing-at");
        refused("", "missing-at");
        refused("@example.com", "local-empty");
        refused("ana@", "domain-without-dot");
        refused("ana@localhost", "domain-without-dot");
        refused(".ana@example.com", "local-dot");
        refused("ana.@example.com", "local-dot");
        refused("a..na@example.com", "local-dot");
        refused("\"ana\"@example.com", "local-character");
        refused("ana garcia@example.com", "local-character");
        refused("ana(x)@example.com", "local-character");
        refused("ana<x>@example.com", "local-character");
        refused("ana\r\nBcc: x@example.com", "local-character");
        refused("ana@example..com", "domain-label");
        refused("ana@.example.com", "domain-label");
        refused("ana@example.com.", "domain-label");
        refused("ana@-example.com", "domain-label");
        refused("ana@example-.com", "domain-label");
        refused("ana@example.c_m", "domain-character");
        refused("ana@[127.0.0.1]", "domain-character");
        refused("ana@b@example.com", "domain-character");
        refused("ana@127.0.0.1", "domain-numeric");
        refused("ana\u{202E}@example.com", "local-character");
        refused("🦀@example.com", "local-character");
        refused("“ana@example.com", "local-character");
        refused("ana＠x@example.com", "local-character");
        refused("a\u{A0}na@example.com", "local-character");
        refused("ana@example。com", "domain-character");
        refused("ana@ex–ample.com", "domain-character");
        refused("ana@exa\u{AD}mple.com", "domain-character");
        refused("ana@ex\u{3164}ample.com", "domain-character");
        refused("ana@ex\u{E0061}ample.com", "domain-character");
        refused("ana@ex\u{200B}ample.com", "domain-character");
    }

    /// Source: RFC 5321, 4.5.3.1.1 and 4.5.3.1.3 (a path of 256 octets has its angle brackets); RFC 1035, 2.3.4.
    #[test]
    fn lengths_end_where_the_standards_say() {
        let local = |n: usize| format!("{}@example.com", "a".repeat(n));
        assert!(EmailAddress::parse(&local(64)).is_ok());
        refused(&local(65), "local-too-long");
        refused(&format!("{}@example.com", "ñ".repeat(33)), "local-too-long");

        let label = |n: usize| format!("a@{}.example", "ñ".repeat(n));
        assert!(EmailAddress::parse(&label(63)).is_ok());
        refused(&label(64), "domain-label");

        let whole = |n: usize| {
            let domain = ["b".repeat(63), "c".repeat(63), "d".repeat(63)].join(".");
            let address = format!("a@{domain}.{}", "e".repeat(n - domain.len() - 3));
            assert_eq!(address.len(), n);
            address
        };
        assert!(EmailAddress::parse(&whole(254)).is_ok());
        refused(&whole(255), "too-long");
    }

    proptest! {
        /// What each octet's steps tell of an address is what its parts do.
        #[test]
        fn prop_steps_lead_to_where_the_parts_say(
            text in "[a-z0-9.@!-]{0,20}|[A-Za-z0-9.!#-]{0,30}@[a-z0-9.-]{0,34}|[a-z.]{1,5}@([a-z0-9-]{1,4}[.]){0,3}[0-9a-c-]{0,3}|[a ñ\t@.]{0,12}",
        ) {
            let is_address = check_parts(&text).is_ok();
            prop_assert_eq!(check(&text).is_ok(), is_address);
            prop_assert_eq!(is_plain(&text), is_address && text.is_ascii() && text.len() <= 63, "{}", text);
        }

        #[test]
        fn prop_an_accepted_address_reads_back_as_itself(text in "\\PC{0,40}@\\PC{0,40}|[a-z.ñ]{1,9}@[a-z0-9.-]{1,20}") {
            if let Ok(address) = EmailAddress::parse(&text) {
                prop_assert_eq!(address.as_str(), text.trim());
                prop_assert_eq!(EmailAddress::parse(address.as_str()), Ok(address.clone()));
            }
        }
    }
}
