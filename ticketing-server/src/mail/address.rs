//! Addresses as mail servers take them.

use lettre::Address;
use ticketing_core::EmailAddress;

/// A domain that cannot be written in ASCII, and so names no machine.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the domain of the address names no machine")]
pub(super) struct NoDomain;

/// An address with its domain in ASCII: only what stands before the `@` may need a server that takes more than ASCII.
pub(super) fn of(address: &EmailAddress) -> Result<Address, NoDomain> {
    let (local, domain) = address.as_str().split_once('@').ok_or(NoDomain)?;
    let domain =
        if domain.is_ascii() { domain.to_owned() } else { idna::domain_to_ascii(domain).map_err(|_| NoDomain)? };
    // What the core takes for an address is a dot-atom at a domain, and nothing in it ends a line or a path.
    Ok(Address::new_dangerous(local, domain))
}

/// Whether every server takes it.
pub(super) fn is_ascii(address: &Address) -> bool {
    let address: &str = address.as_ref();
    address.is_ascii()
}

/// Whether two are one mailbox, as far as anybody but its own server can tell.
pub(super) fn is_same(one: &Address, other: &Address) -> bool {
    let (one, other): (&str, &str) = (one.as_ref(), other.as_ref());
    one.eq_ignore_ascii_case(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_letters_before_the_at_need_more_than_ascii() {
        let of = |text: &str| of(&EmailAddress::parse(text).unwrap()).map(|address| address.to_string());
        assert_eq!(of("Ana@EXAMPLE.com").unwrap(), "Ana@EXAMPLE.com");
        assert_eq!(of("ana@compañía.example").unwrap(), "ana@xn--compaa-7va5a.example");
        assert_eq!(of("用户@例子.公司").unwrap(), "用户@xn--fsqu00a.xn--55qx5d");
    }

    proptest::proptest! {
        /// Source: RFC 5321, 4.1.1.2: nothing in a path ends it.
        #[test]
        fn prop_nothing_that_is_an_address_ends_a_command(text in "[\\PC\r\n<>]{1,20}@[\\PC.]{1,20}\\.[a-z]{2}") {
            if let Ok(address) = EmailAddress::parse(&text)
                && let Ok(address) = of(&address) {
                let address = address.to_string();
                proptest::prop_assert!(!address.contains(['\r', '\n', '\0', '<', '>', ' ']), "{address}");
            }
        }
    }
}
