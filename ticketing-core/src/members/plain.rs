//! The objects that nearly every body is: their values are texts without escapes, `true`, `false` and null.
//!
//! They are read here in a fraction of the time that a reader of all of JSON takes. What has anything else in it – an escape, a
//! number, a list, an object, a control character, broken JSON – is not judged here: there is no answer, and it is read by
//! the ways that know it.
#![expect(clippy::inline_always, reason = "a call for every few octets takes as long as reading them")]

use super::Value;
use crate::text::EACH;

/// Puts the values of `names` in such an object into their places, in which nothing is yet, and says which there are. `None` where it is
/// none; then anything may be in the places.
pub(super) fn object<'a, const N: usize>(
    text: &'a str,
    names: &[&str; N],
    values: &mut [Value<'a>; N],
    is_there: &mut [bool; N],
) -> Option<()> {
    let mut scanner = Scanner { text, rest: text.as_bytes(), gap: Gap::default() };
    scanner.skip_white_space();
    scanner.take(b'{')?;
    let mut is_over = scanner.is_empty();
    let mut next = 0;
    while !is_over {
        scanner.open_name()?;
        // Whoever sends members sends them in the order in which they are asked for, or nearly so.
        let index = match names.get(next) {
            Some(name) if scanner.take_name(name) => Some(next),
            _ => position(names, scanner.name()?, next),
        };
        let value = scanner.value()?;
        if let Some(index) = index {
            let (slot, is_there) = (values.get_mut(index)?, is_there.get_mut(index)?);
            if core::mem::replace(is_there, true) {
                *slot = Value::Repeated;
            } else {
                *slot = value;
            }
            next = index + 1;
        }
        is_over = scanner.ends()?;
    }
    scanner.skip_white_space();
    scanner.rest.is_empty().then_some(())
}

/// Where a name is among those that are asked for, looked for from `next` on first.
#[inline(never)]
fn position(names: &[&str], name: &[u8], next: usize) -> Option<usize> {
    let (before, after) = names.split_at_checked(next)?;
    let is = |known: &&str| is_same(known.as_bytes(), name);
    after.iter().position(is).map(|index| next + index).or_else(|| before.iter().position(is))
}

/// As `==`, which for so few octets takes longer to begin than to compare.
#[inline(always)]
fn is_same(one: &[u8], other: &[u8]) -> bool {
    if one.len() != other.len() {
        return false;
    }
    match one.len() {
        4..8 => one.first_chunk::<4>() == other.first_chunk() && one.last_chunk::<4>() == other.last_chunk(),
        8..=16 => one.first_chunk::<8>() == other.first_chunk() && one.last_chunk::<8>() == other.last_chunk(),
        _ => one == other,
    }
}

struct Scanner<'a> {
    text: &'a str,
    /// What has not been read of it.
    rest: &'a [u8],
    gap: Gap,
}

/// What stood before the last name, its quotation mark included: whoever writes JSON puts the same before each.
struct Gap {
    octets: u64,
    mask: u64,
    length: usize,
}

impl Default for Gap {
    fn default() -> Self {
        Self { octets: b'"'.into(), mask: 0xFF, length: 1 }
    }
}

impl<'a> Scanner<'a> {
    /// Takes the end of an object that has just begun, if it is there.
    fn is_empty(&mut self) -> bool {
        let begun = self.rest;
        self.skip_white_space();
        let is_empty = self.take(b'}').is_some();
        if !is_empty {
            self.rest = begun;
        }
        is_empty
    }

    /// Takes what stands before a name. Objects that end in fewer than eight octets are others' to read.
    #[inline(always)]
    fn open_name(&mut self) -> Option<()> {
        let eight = self.rest.first_chunk().copied().map(u64::from_le_bytes)?;
        if eight & self.gap.mask == self.gap.octets {
            self.rest = self.rest.get(self.gap.length..)?;
            return Some(());
        }
        let begun = self.rest.len();
        self.skip_white_space();
        self.take(b'"')?;
        let length = begun - self.rest.len();
        if let 1..=8 = length {
            let mask = u64::MAX >> (64 - 8 * length);
            self.gap = Gap { octets: eight & mask, mask, length };
        }
        Some(())
    }

    /// Takes a name and its closing quotation mark, if it is this one.
    #[inline(always)]
    fn take_name(&mut self, known: &str) -> bool {
        match self.rest.split_at_checked(known.len()) {
            Some((name, [b'"', rest @ ..])) if is_same(name, known.as_bytes()) => {
                self.rest = rest;
                true
            }
            _ => false,
        }
    }

    /// Takes a name, whatever it is.
    #[inline(never)]
    fn name(&mut self) -> Option<&'a [u8]> {
        let (name, rest) = self.rest.split_at_checked(length(self.rest)?)?;
        self.rest = rest;
        self.take(b'"')?;
        Some(name)
    }

    /// Takes a colon and a value.
    #[inline(always)]
    fn value(&mut self) -> Option<Value<'a>> {
        match self.rest {
            [b':', b' ', rest @ ..] | [b':', rest @ ..] => self.rest = rest,
            _ => {
                self.skip_white_space();
                self.take(b':')?;
            }
        }
        if let [b' ' | b'\n' | b'\r' | b'\t', ..] = self.rest {
            self.skip_white_space();
        }
        let value;
        (value, self.rest) = match self.rest {
            [b'"', rest @ ..] => {
                let start = self.text.len() - rest.len();
                let end = start + length(rest)?;
                self.rest = self.text.as_bytes().get(end..)?;
                self.take(b'"')?;
                return self.text.get(start..end).map(Value::from);
            }
            [b't', b'r', b'u', b'e', rest @ ..] => (Value::Flag(true), rest),
            [b'f', b'a', b'l', b's', b'e', rest @ ..] => (Value::Flag(false), rest),
            [b'n', b'u', b'l', b'l', rest @ ..] => (Value::Absent, rest),
            _ => return None,
        };
        Some(value)
    }

    /// Takes a comma, or the object's end.
    #[inline(always)]
    fn ends(&mut self) -> Option<bool> {
        if self.take(b',').is_some() {
            return Some(false);
        }
        self.skip_white_space();
        if self.take(b',').is_some() { Some(false) } else { self.take(b'}').map(|()| true) }
    }

    #[inline(always)]
    fn take(&mut self, octet: u8) -> Option<()> {
        let (first, rest) = self.rest.split_first()?;
        (*first == octet).then(|| self.rest = rest)
    }

    fn skip_white_space(&mut self) {
        while let [b' ' | b'\n' | b'\r' | b'\t', rest @ ..] = self.rest {
            self.rest = rest;
        }
    }
}

/// How many octets come before the first that is a quotation mark, a backslash or a control character.
#[inline(always)]
fn length(rest: &[u8]) -> Option<usize> {
    let (eights, end) = rest.as_chunks();
    let mut length = 0;
    for octets in eights {
        let stops = stops(u64::from_le_bytes(*octets));
        if stops != 0 {
            return Some(length + (stops.trailing_zeros() / 8) as usize);
        }
        length += 8;
    }
    end.iter().position(|octet| matches!(octet, b'"' | b'\\' | ..b' ')).map(|more| length + more)
}

/// Of each of eight octets the highest bit, where it is a quotation mark, a backslash or a control character. Bits above the lowest
/// of them may be there for nothing.
#[inline(always)]
fn stops(octets: u64) -> u64 {
    // Only a quotation mark and control characters are below 0x21 with this bit turned over.
    let quotation_marks = (octets ^ (EACH * 0x02)).wrapping_sub(EACH * 0x21);
    let backslashes = (octets ^ (EACH * 0x5C)).wrapping_sub(EACH);
    (quotation_marks | backslashes) & !octets & (EACH << 7)
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*, sample::select};

    use super::super::{Given, MalformedJson, not_utf8, read_given, read_other};
    use super::*;

    const NAMES: [&str; 4] = ["nombre", "tipo", "ñ", "empresaDepartamento"];

    fn plainly(text: &str) -> Option<Given<Value<'_>, 4>> {
        let Given { mut values, mut is_there } = Given::default();
        object(text, &NAMES, &mut values, &mut is_there)?;
        Some(Given { values, is_there })
    }

    fn otherwise(text: &str) -> Result<Option<Given<Value<'_>, 4>>, MalformedJson> {
        let Given { mut values, mut is_there } = Given::default();
        let is_object = read_other(text, &NAMES, &mut values, &mut is_there)?;
        Ok(is_object.then_some(Given { values, is_there }))
    }

    #[test]
    fn what_is_plain_is_read_and_nothing_else() {
        for json in [
            "{}",
            " { \r\n\t} ",
            r#"{"nombre":"Ana","tipo":null}"#,
            "{\"nombre\" : \"Ana \u{7F}ñ🦀\" , \"x\":true,\"tipo\":false}",
            r#"{"empresaDepartamento": "", "tipo": "a", "tipo": "b"}"#,
        ] {
            assert!(plainly(json).is_some(), "{json}");
            assert_eq!(plainly(json), otherwise(json).unwrap(), "{json}");
        }
        for json in [
            "",
            "{",
            "[]",
            r#"{"nombre":"Ana"#,
            r#"{"nombre":"Ana"}}"#,
            r#"{"nombre":"Ana",}"#,
            r#"{"nombre":"Ana""tipo":"x"}"#,
            r#"{"nombre" "Ana", "x": "y"}"#,
            r#"{"nombre":"\n", "x": "y"}"#,
            r#"{"\u006eombre":"Ana"}"#,
            "{\"nombre\":\"A\tna\", \"x\": \"y\"}",
            r#"{"nombre":1, "x": "y"}"#,
            r#"{"nombre":["Ana"], "x": "y"}"#,
            r#"{"nombre":nul, "x": "y"}"#,
            r#"{"nombre":nulls, "x": "y"}"#,
        ] {
            assert_eq!(plainly(json), None, "{json}");
        }
    }

    proptest! {
        #[test]
        fn prop_an_ordinary_form_is_plain(
            members in vec((ordinary_name(), ordinary_value()), 0..8),
            [before, between, after] in [white_space(), white_space(), white_space()],
        ) {
            let members: Vec<_> =
                members.iter().map(|(name, value)| format!("{between}{name}{after}:{before}{value}{after}")).collect();
            let json = format!("{before}{{{}}}{after}", members.join(","));
            prop_assert!(plainly(&json).is_some(), "{json}");
            prop_assert_eq!(Ok(plainly(&json)), otherwise(&json), "{}", json);
        }

        /// Whatever it is, nothing is read plainly that is read otherwise in another way.
        #[test]
        fn prop_what_is_read_plainly_is_read_so_otherwise(json in json(), edits in vec(edit(), 0..4)) {
            let octets = edits.into_iter().fold(json.into_bytes(), edited);
            match core::str::from_utf8(&octets) {
                Ok(text) => {
                    if let Some(plain) = plainly(text) {
                        prop_assert_eq!(Ok(Some(plain)), otherwise(text), "{}", text);
                    }
                    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
                    prop_assert_eq!(read_given(&octets, &NAMES), otherwise(text));
                }
                Err(error) => {
                    prop_assert_eq!(read_given(&octets, &NAMES), Err(not_utf8(&octets, error.valid_up_to())));
                }
            }
        }
    }

    fn white_space() -> impl Strategy<Value = String> {
        prop_oneof![Just(String::new()), Just("\n    ".to_owned()), "[ \n\r\t]{0,10}"]
    }

    fn ordinary_name() -> impl Strategy<Value = String> {
        let known = select(vec!["nombre", "tipo", "empresaDepartamento", "nombra", "tipos", "empresaDepartamentO"]);
        prop_oneof![known.prop_map(str::to_owned), "[a-zñ🦀]{4,20}"].prop_map(|name| format!("\"{name}\""))
    }

    fn ordinary_value() -> impl Strategy<Value = String> {
        let words = select(vec!["true", "false", "null"]).prop_map(str::to_owned);
        prop_oneof![words, "\"[\\PC--[\"\\\\]]{0,40}\"", "\"[ -!#-\\[a-z]{0,40}\""]
    }

    fn json() -> impl Strategy<Value = String> {
        let names = prop_oneof![
            8 => ordinary_name(),
            1 => select(vec![r#""ñ""#, r#""\u00f1""#, r#""nombr\u0065""#, r#""""#, r#""\ud800""#, "nombre"]).prop_map(str::to_owned),
        ];
        let values = prop_oneof![
            8 => ordinary_value(),
            1 => "-?[0-9]{1,3}(\\.[0-9]{1,2})?(e[0-9]{1,3})?",
            2 => select(vec![
                r#""\ud83e\udd80""#, r#""\ud83e""#, r#""a\n\u00f1""#, r#""\"""#, r#""\q""#, "\"a\tb\"", "[]", "{}", r#"[1, {"nombre": null}]"#,
                r#"{"nombre": "b"}"#, "nul", "nulls", "True", "",
            ]).prop_map(str::to_owned),
        ];
        let member =
            (names, values, white_space()).prop_map(|(name, value, gap)| format!("{gap}{name}{gap}:{gap}{value}"));
        let marks = select(vec!["", "", "", "", "\u{FEFF}"]);
        let ends = select(vec!["}", "}", "}", "}", "} \n", "", "},", "} x", "}\u{A0}"]);
        (marks, white_space(), vec(member, 0..6), ends)
            .prop_map(|(mark, gap, members, end)| format!("{mark}{gap}{{{}{gap}{end}", members.join(",")))
    }

    /// An octet that is put in somewhere, or instead of what is there; or one that is taken out.
    fn edit() -> impl Strategy<Value = (prop::sample::Index, Option<u8>, bool)> {
        let octets = prop_oneof![select(b"\"\\{}[]:, \n\t\0\x1F\x7F\x80\xC2\xEFtn0-/".to_vec()), any::<u8>()];
        (any::<prop::sample::Index>(), proptest::option::weighted(0.7, octets), any::<bool>())
    }

    fn edited(mut octets: Vec<u8>, (at, octet, is_put_in): (prop::sample::Index, Option<u8>, bool)) -> Vec<u8> {
        let at = at.index(octets.len() + 1);
        match octet {
            Some(octet) if is_put_in || at == octets.len() => octets.insert(at, octet),
            Some(octet) => octets[at] = octet,
            None if at < octets.len() => drop(octets.remove(at)),
            None => {}
        }
        octets
    }
}
