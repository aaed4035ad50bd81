use core::{fmt, net::Ipv6Addr};

use crate::limits::{WEBHOOK_HEADER_NAME_CHARS_MAX, WEBHOOK_HEADER_VALUE_CHARS_MAX, WEBHOOK_HEADERS_MAX};

/// Where somebody is told what happens.
#[derive(Clone, PartialEq, Eq)]
pub struct Webhook {
    url: WebhookUrl,
    headers: Vec<(String, String)>,
}

/// Neither address nor headers: both may have secrets.
impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Webhook(…)")
    }
}

impl Webhook {
    /// A webhook with headers of its own, whose names are written in lower case.
    ///
    /// # Errors
    /// What is wrong with the headers.
    pub fn new(url: WebhookUrl, headers: Vec<(String, String)>) -> Result<Self, HeaderError> {
        Ok(Self { url, headers: check_headers(headers)? })
    }

    /// The address.
    pub fn url(&self) -> &WebhookUrl {
        &self.url
    }

    /// Names in lower case and values of headers that go with each request.
    pub fn headers(&self) -> &[(String, String)] {
        &self.headers
    }
}

/// What keeps headers from being sent.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, thiserror::Error)]
pub enum HeaderError {
    /// There are too many.
    #[error("too many headers")]
    TooMany,
    /// A name is no header's.
    #[error("no name of a header")]
    Name,
    /// A name is that of a header which belongs to the protocol, or to the signature.
    #[error("a header that belongs to the protocol")]
    Reserved,
    /// A value is too long, or has other characters than visible ASCII, spaces and tabs.
    #[error("no value of a header")]
    Value,
    /// A name is there twice.
    #[error("a header twice")]
    Repeated,
}

impl HeaderError {
    /// A stable name.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::TooMany => "too-many",
            Self::Name => "name",
            Self::Reserved => "reserved",
            Self::Value => "value",
            Self::Repeated => "repeated",
        }
    }
}

/// Of the message, of the connection, of the body, of the signature.
const RESERVED: [&str; 15] = [
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "date",
    "expect",
    "host",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Headers that can be sent, their names in lower case.
pub(super) fn check_headers(headers: Vec<(String, String)>) -> Result<Vec<(String, String)>, HeaderError> {
    if headers.len() > WEBHOOK_HEADERS_MAX {
        return Err(HeaderError::TooMany);
    }
    let mut checked: Vec<(String, String)> = Vec::with_capacity(headers.len());
    for (name, value) in headers {
        let name = name.to_ascii_lowercase();
        check_name(&name)?;
        let value = value.trim_matches([' ', '\t']);
        if value.len() > WEBHOOK_HEADER_VALUE_CHARS_MAX
            || !value.bytes().all(|octet| matches!(octet, b' '..=b'~' | b'\t'))
        {
            return Err(HeaderError::Value);
        }
        if checked.iter().any(|(other, _)| *other == name) {
            return Err(HeaderError::Repeated);
        }
        checked.push((name, value.to_owned()));
    }
    Ok(checked)
}

/// Source: RFC 9110, 5.6.2, a token.
fn check_name(name: &str) -> Result<(), HeaderError> {
    let is_token = |octet: u8| octet.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&octet);
    if !(1..=WEBHOOK_HEADER_NAME_CHARS_MAX).contains(&name.len()) || !name.bytes().all(is_token) {
        return Err(HeaderError::Name);
    }
    if name.starts_with("webhook-") || RESERVED.contains(&name) {
        return Err(HeaderError::Reserved);
    }
    Ok(())
}

/// An absolute http or https address in ASCII, without a user and without a fragment.
///
/// ```
/// use ticketing_core::subscription::{UrlError, WebhookUrl};
///
/// let url = WebhookUrl::parse("HTTPS://hooks.example:8443/in?desk=1").unwrap();
/// assert_eq!(url.as_str(), "https://hooks.example:8443/in?desk=1");
/// assert_eq!(WebhookUrl::parse("https://ana:secreta@hooks.example/"), Err(UrlError::Credentials));
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WebhookUrl(String);

/// It may have a secret.
impl fmt::Debug for WebhookUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookUrl(…)")
    }
}

/// What keeps a text from being a [`WebhookUrl`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, thiserror::Error)]
pub enum UrlError {
    /// It does not begin with `http://` or `https://`.
    #[error("neither http nor https")]
    Scheme,
    /// It has a user or a password.
    #[error("a user or a password")]
    Credentials,
    /// Its host is none.
    #[error("no host")]
    Host,
    /// Its port is none.
    #[error("no port")]
    Port,
    /// It has a fragment, which is never sent.
    #[error("a fragment")]
    Fragment,
    /// It has a character that no address has.
    #[error("a character that is not allowed")]
    Character,
}

impl UrlError {
    /// A stable name.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Scheme => "scheme",
            Self::Credentials => "credentials",
            Self::Host => "host",
            Self::Port => "port",
            Self::Fragment => "fragment",
            Self::Character => "character",
        }
    }
}

impl WebhookUrl {
    /// Reads an address; how long it may be is its field's business.
    ///
    /// # Errors
    /// [`UrlError`]: the first thing that is wrong.
    pub fn parse(text: &str) -> Result<Self, UrlError> {
        let (scheme, rest) = text.split_once("://").ok_or(UrlError::Scheme)?;
        let scheme = scheme.to_ascii_lowercase();
        if !matches!(scheme.as_str(), "http" | "https") {
            return Err(UrlError::Scheme);
        }
        if rest.contains('#') {
            return Err(UrlError::Fragment);
        }
        // Source: RFC 3986, 2, which leaves these out.
        if !rest.bytes().all(|octet| octet.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&octet)) {
            return Err(UrlError::Character);
        }
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at_checked(end).ok_or(UrlError::Host)?;
        check_authority(authority)?;
        // A target without a path has the root's.
        let root = if path.starts_with('/') { "" } else { "/" };
        Ok(Self(format!("{scheme}://{authority}{root}{path}")))
    }

    /// The address as it is sent to.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn check_authority(authority: &str) -> Result<(), UrlError> {
    if authority.contains('@') {
        return Err(UrlError::Credentials);
    }
    let port = if let Some(literal) = authority.strip_prefix('[') {
        let (address, port) = literal.split_once(']').ok_or(UrlError::Host)?;
        address.parse::<Ipv6Addr>().map_err(|_| UrlError::Host)?;
        if port.is_empty() { None } else { Some(port.strip_prefix(':').ok_or(UrlError::Host)?) }
    } else {
        let (host, port) = authority.split_once(':').map_or((authority, None), |(host, port)| (host, Some(port)));
        let is_label = |label: &str| {
            (1..=63).contains(&label.len())
                && label.bytes().all(|octet| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_'))
        };
        if host.len() > 253 || !host.split('.').all(is_label) {
            return Err(UrlError::Host);
        }
        port
    };
    let is_port = |port: &str| port.bytes().all(|octet| octet.is_ascii_digit()) && port.parse::<u16>().unwrap_or(0) > 0;
    if port.is_some_and(|port| !is_port(port)) { Err(UrlError::Port) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Result<&str, UrlError>) {
        assert_eq!(
            WebhookUrl::parse(text).as_ref().map(WebhookUrl::as_str).map_err(|error| *error),
            expected,
            "{text}"
        );
    }

    #[test]
    fn an_address_is_absolute_and_names_a_host_and_nothing_but_ascii() {
        check("https://hooks.example", Ok("https://hooks.example/"));
        check("http://Hooks.Example:80?x=%20", Ok("http://Hooks.Example:80/?x=%20"));
        check("http://[2001:db8::1]:8080/a", Ok("http://[2001:db8::1]:8080/a"));
        check("http://127.1/", Ok("http://127.1/"));
        for text in
            ["", "hooks.example", "//hooks.example", "ftp://hooks.example", "file:///etc/passwd", "javascript:1"]
        {
            check(text, Err(UrlError::Scheme));
        }
        for text in ["https://ana@hooks.example/", "https://:@hooks.example", "https://a:b@[::1]/"] {
            check(text, Err(UrlError::Credentials));
        }
        let long = format!("https://{}.example/", "a".repeat(64));
        for text in ["https://", "https:///x", "https://a..b/", "https://a./", "https://[::1", "https://[::1]x", &long]
        {
            check(text, Err(UrlError::Host));
        }
        for text in ["https://[fe80::1%25eth0]/", "https://[127.0.0.1]/", "https://a%2eb/", "https://a,b/"] {
            check(text, Err(UrlError::Host));
        }
        for text in
            ["https://a:/", "https://a:0/", "https://a:65536/", "https://a:1x/", "https://a:+1", "https://a:1:2"]
        {
            check(text, Err(UrlError::Port));
        }
        check("https://a/#b", Err(UrlError::Fragment));
        for text in ["https://ñ.example/", "https://a/ b", "https://a\\@b/", "https://a/{b}", "https://a/\u{0}"] {
            check(text, Err(UrlError::Character));
        }
    }

    #[test]
    fn headers_are_names_and_values_and_none_of_the_protocols() {
        let with = |headers: &[(&str, &str)]| {
            let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            Webhook::new(WebhookUrl::parse("https://a").unwrap(), headers).map(|webhook| webhook.headers)
        };
        assert_eq!(with(&[("X-Desk", " a b ")]), Ok(vec![("x-desk".into(), "a b".into())]));
        for name in ["Host", "CONTENT-LENGTH", "webhook-id", "Webhook-Anything", "transfer-encoding", "Connection"] {
            assert_eq!(with(&[(name, "x")]), Err(HeaderError::Reserved), "{name}");
        }
        for name in ["", "a b", "ñ", "a:", "a\r\nb"] {
            assert_eq!(with(&[(name, "x")]), Err(HeaderError::Name), "{name}");
        }
        for value in ["a\r\nx-other: b", "ñ", "\u{7f}", &"x".repeat(5_000)] {
            assert_eq!(with(&[("x", value)]), Err(HeaderError::Value), "{value}");
        }
        assert_eq!(with(&[("a", "1"), ("A", "2")]), Err(HeaderError::Repeated));
        let many: Vec<_> = (0..21).map(|number| format!("x-{number}")).collect();
        let many: Vec<_> = many.iter().map(|name| (name.as_str(), "x")).collect();
        assert_eq!(with(&many), Err(HeaderError::TooMany));
    }

    #[test]
    fn neither_address_nor_headers_are_printed() {
        let url = WebhookUrl::parse("https://a/secreta").unwrap();
        let webhook = Webhook::new(url.clone(), vec![("authorization".into(), "secreta".into())]).unwrap();
        assert!(!format!("{url:?} {webhook:?}").contains("secreta"));
    }
}
