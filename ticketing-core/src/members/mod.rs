//! Reading the members of a JSON object that are asked for, in one pass over its bytes.
//!
//! A wrong type, a repeated member or half a surrogate pair is the business of its field, not the end of the reading: only
//! malformed JSON is an error here.

mod plain;

use std::{borrow::Cow, marker::PhantomData};

use serde::{
    Deserialize as _,
    de::{self, DeserializeSeed, Deserializer as _, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::value::RawValue;

use crate::{
    Locale,
    text::{self, TextRule},
    violation::{JsonType, Problem},
};

/// What an input holds for one field.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Value<'a> {
    /// Nothing, or null.
    #[default]
    Absent,
    /// A text as it was given, not yet trimmed.
    Text(Cow<'a, str>),
    /// `true` or `false`.
    Flag(bool),
    /// A number, an array or an object: no field takes one.
    Other,
    /// A text with half of a surrogate pair.
    LoneSurrogate,
    /// Several values.
    Repeated,
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl From<String> for Value<'_> {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}

impl From<bool> for Value<'_> {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

impl<'a, T: Into<Value<'a>>> From<Option<T>> for Value<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Absent, Into::into)
    }
}

impl Value<'_> {
    /// The trimmed text, or `None` where there is none or an empty one.
    ///
    /// # Errors
    /// `wrong-type`, `invalid-unicode` or `repeated`.
    pub(crate) fn trimmed(&self) -> Result<Option<&str>, Problem> {
        if let Self::Text(text) = self {
            return Ok(Some(text::trimmed(text)).filter(|text| !text.is_empty()));
        }
        match self {
            Self::Absent | Self::Text(_) => Ok(None),
            Self::Flag(_) | Self::Other => Err(Problem::WrongType { expected: JsonType::String }),
            Self::LoneSurrogate => Err(Problem::InvalidUnicode),
            Self::Repeated => Err(Problem::Repeated),
        }
    }

    /// The trimmed text under a rule, or `None` where there is none.
    pub(crate) fn text(&self, rule: TextRule) -> Result<Option<&str>, Problem> {
        let text = self.trimmed()?;
        text.map_or(Ok(()), |text| rule.check(text))?;
        Ok(text)
    }

    /// The trimmed text under a rule; that there is none is a violation.
    pub(crate) fn required_text(&self, rule: TextRule) -> Result<&str, Problem> {
        self.text(rule)?.ok_or(Problem::Required)
    }
}

/// A body that is not JSON in UTF-8.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("malformed JSON at line {line}, column {column}")]
pub struct MalformedJson {
    /// From 1.
    pub line: usize,
    /// In octets from 1; 0 where the line before it ended too early.
    pub column: usize,
}

impl MalformedJson {
    /// One line in the reader's language.
    pub fn message(&self, locale: Locale) -> String {
        let Self { line, column } = self;
        match locale {
            Locale::Es => format!("El cuerpo no es JSON válido: línea {line}, columna {column}."),
            Locale::En => format!("The body is not valid JSON: line {line}, column {column}."),
            Locale::Pt => format!("O corpo não é JSON válido: linha {line}, coluna {column}."),
        }
    }
}

impl From<serde_json::Error> for MalformedJson {
    fn from(error: serde_json::Error) -> Self {
        Self { line: error.line(), column: error.column() }
    }
}

/// The values of `names` in a JSON object, in their order; `None` when the JSON is no object. Other members are ignored.
///
/// # Errors
/// Malformed JSON, or octets that are not UTF-8. A byte order mark before the JSON is skipped.
pub(crate) fn read<'a, const N: usize>(
    json: &'a [u8],
    names: &[&str; N],
) -> Result<Option<[Value<'a>; N]>, MalformedJson> {
    Ok(read_given(json, names)?.map(|given| given.values))
}

/// As [`read`], and which of the members there are at all.
pub(crate) fn read_given<'a, const N: usize>(
    json: &'a [u8],
    names: &[&str; N],
) -> Result<Option<Given<Value<'a>, N>>, MalformedJson> {
    let Given { mut values, mut is_there } = Given::default();
    let is_object = read_into(json, names, &mut values, &mut is_there)?;
    Ok(is_object.then_some(Given { values, is_there }))
}

/// As [`read_given`], into places in which nothing is yet; whether the JSON is an object. To hand so much over from one function to the
/// next would take as long as to read it.
pub(crate) fn read_into<'a, const N: usize>(
    json: &'a [u8],
    names: &[&str; N],
    values: &mut [Value<'a>; N],
    is_there: &mut [bool; N],
) -> Result<bool, MalformedJson> {
    let text = core::str::from_utf8(json).map_err(|error| not_utf8(json, error.valid_up_to()))?;
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    // Nearly every object is plain.
    if plain::object(text, names, values, is_there).is_some() {
        return Ok(true);
    }
    read_other(text, names, values, is_there)
}

/// As [`read_into`], whatever JSON it is.
#[cold]
fn read_other<'a, const N: usize>(
    text: &'a str,
    names: &[&str; N],
    values: &mut [Value<'a>; N],
    is_there: &mut [bool; N],
) -> Result<bool, MalformedJson> {
    if !text.trim_start_matches([' ', '\t', '\r', '\n']).starts_with('{') {
        let mut deserializer = serde_json::Deserializer::from_str(text);
        IgnoredAny::deserialize(&mut deserializer)?;
        deserializer.end()?;
        return Ok(false);
    }
    // Of the others, nearly every one can be read straight away. What cannot is read again, to tell broken JSON from half a surrogate
    // pair or a number that is too large, which are the business of their fields.
    let given = object::<N, Straight>(text, names).or_else(|_| object::<N, Careful>(text, names))?;
    Given { values: *values, is_there: *is_there } = given;
    Ok(true)
}

/// As [`read`], each value as it stands in the JSON, for whoever takes numbers, lists and objects too.
pub(crate) fn read_raw<'a, const N: usize>(
    json: &'a [u8],
    names: [&str; N],
) -> Result<Option<[Raw<'a>; N]>, MalformedJson> {
    let text = core::str::from_utf8(json).map_err(|error| not_utf8(json, error.valid_up_to()))?;
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    // The grammar of all of it first.
    let whole: &RawValue = serde_json::from_str(text)?;
    if !whole.get().starts_with('{') {
        return Ok(None);
    }
    Ok(Some(object::<N, AsItStands>(whole.get(), &names)?.values))
}

/// The value of a member as it stands in the JSON.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Raw<'a> {
    /// There is no such member.
    #[default]
    Absent,
    /// JSON whose grammar is right.
    Json(&'a str),
    /// Several values.
    Repeated,
}

impl<'a> Raw<'a> {
    /// There is nothing, or null.
    pub(crate) fn is_nothing(self) -> bool {
        matches!(self, Self::Absent | Self::Json("null"))
    }

    /// As fields of texts and flags take it.
    pub(crate) fn value(self) -> Value<'a> {
        match self {
            Self::Absent => Value::Absent,
            Self::Json(raw) => value_of(raw),
            Self::Repeated => Value::Repeated,
        }
    }

    /// A whole number, or nothing. One that is beyond all ids is the largest there is. `2.0` is whole, too: some programs write
    /// numbers so. Source: JSON Schema, 6.1.1.
    pub(crate) fn integer(self) -> Result<Option<u64>, Problem> {
        match self {
            Self::Absent | Self::Json("null") => Ok(None),
            Self::Repeated => Err(Problem::Repeated),
            Self::Json(raw) => {
                let (number, fraction) = raw.split_once('.').unwrap_or((raw, ""));
                let (is_negative, digits) = number.strip_prefix('-').map_or((false, number), |digits| (true, digits));
                let is_number = !digits.is_empty() && digits.bytes().all(|octet| octet.is_ascii_digit());
                if !is_number || fraction.bytes().any(|octet| octet != b'0') {
                    return Err(Problem::WrongType { expected: JsonType::Integer });
                }
                Ok(Some(if is_negative { u64::MAX } else { digits.parse().unwrap_or(u64::MAX) }))
            }
        }
    }

    /// A list's items, or nothing.
    pub(crate) fn list(self) -> Result<Option<Vec<Self>>, Problem> {
        match self {
            Self::Absent | Self::Json("null") => Ok(None),
            Self::Repeated => Err(Problem::Repeated),
            Self::Json(raw) => {
                let items: Vec<&RawValue> =
                    serde_json::from_str(raw).map_err(|_| Problem::WrongType { expected: JsonType::Array })?;
                Ok(Some(items.into_iter().map(|item| Self::Json(item.get())).collect()))
            }
        }
    }

    /// An object's members, or nothing.
    pub(crate) fn object<const N: usize>(self, names: [&str; N]) -> Result<Option<[Self; N]>, Problem> {
        match self {
            Self::Absent | Self::Json("null") => Ok(None),
            Self::Repeated => Err(Problem::Repeated),
            Self::Json(raw) => {
                let wrong = || Problem::WrongType { expected: JsonType::Object };
                if !raw.starts_with('{') {
                    return Err(wrong());
                }
                object::<N, AsItStands>(raw, &names).map(|given| Some(given.values)).map_err(|_| wrong())
            }
        }
    }
}

/// The items of an array that is a member of an object; `None` where the member is none. The object has been read before, and
/// has the member once.
pub(crate) fn items<'a>(json: &'a [u8], name: &str) -> Option<Vec<Value<'a>>> {
    let [member] = read_raw(json, [name]).ok()??;
    Some(member.list().ok()??.into_iter().map(Raw::value).collect())
}

/// The members of a JSON object by their names, in their order, each as JSON: for objects within objects. `None` where the JSON
/// is none. Half a surrogate pair in a name is another name.
pub(crate) fn entries(json: &str) -> Option<Vec<(String, &RawValue)>> {
    let text = json.strip_prefix('\u{FEFF}').unwrap_or(json);
    serde_json::Deserializer::from_str(text).deserialize_map(Entries).ok()
}

struct Entries;

impl<'de> Visitor<'de> for Entries {
    type Value = Vec<(String, &'de RawValue)>;

    fn expecting(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(name) = map.next_key_seed(AnyName)? {
            entries.push((name, map.next_value()?));
        }
        Ok(entries)
    }
}

struct AnyName;

impl<'de> DeserializeSeed<'de> for AnyName {
    type Value = String;

    fn deserialize<D: de::Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_bytes(Unescaped).map(|octets| String::from_utf8_lossy(&octets).into_owned())
    }
}

/// A value that stands by itself.
pub(crate) fn value(raw: &RawValue) -> Value<'_> {
    value_of(raw.get())
}

/// What an object has of the members that are asked for.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Given<V, const N: usize> {
    pub(crate) values: [V; N],
    /// Whether the member is there: null is as good as nothing, except where it takes something away.
    pub(crate) is_there: [bool; N],
}

impl<V: Default, const N: usize> Default for Given<V, N> {
    fn default() -> Self {
        Self { values: [(); N].map(|()| V::default()), is_there: [false; N] }
    }
}

fn object<'a, const N: usize, R: ReadValue>(
    text: &'a str,
    names: &[&str; N],
) -> serde_json::Result<Given<R::Value<'a>, N>> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let members = deserializer.deserialize_map(Members::<N, R> { names, values: PhantomData })?;
    deserializer.end()?;
    Ok(members)
}

fn not_utf8(json: &[u8], valid_up_to: usize) -> MalformedJson {
    let before = json.get(..valid_up_to).unwrap_or_default();
    let line = before.split(|byte| *byte == b'\n').count();
    let column = before.iter().rev().take_while(|byte| **byte != b'\n').count() + 1;
    MalformedJson { line, column }
}

struct Members<'n, const N: usize, R> {
    names: &'n [&'n str; N],
    values: PhantomData<R>,
}

impl<'de, const N: usize, R: ReadValue> Visitor<'de> for Members<'_, N, R> {
    type Value = Given<R::Value<'de>, N>;

    fn expecting(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let Given { mut values, is_there: mut seen } = Given::default();
        while let Some(index) = map.next_key_seed(Name { names: self.names })? {
            let slot = index.and_then(|index| Some((values.get_mut(index)?, seen.get_mut(index)?)));
            match slot {
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
                Some((value, true)) => {
                    map.next_value::<IgnoredAny>()?;
                    *value = R::repeated();
                }
                Some((value, seen)) => {
                    *value = R::next_value(&mut map)?;
                    *seen = true;
                }
            }
        }
        Ok(Given { values, is_there: seen })
    }
}

/// A member's name as its index in `names`. Read as octets, so that half a surrogate pair in the name of a member that
/// nobody asked for does no harm.
#[derive(Clone, Copy)]
struct Name<'n, const N: usize> {
    names: &'n [&'n str; N],
}

impl<'de, const N: usize> DeserializeSeed<'de> for Name<'_, N> {
    type Value = Option<usize>;

    fn deserialize<D: de::Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_bytes(self)
    }
}

impl<const N: usize> Visitor<'_> for Name<'_, N> {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("the name of a member")
    }

    fn visit_bytes<E: de::Error>(self, name: &[u8]) -> Result<Self::Value, E> {
        Ok(self.names.iter().position(|known| known.as_bytes() == name))
    }
}

/// A way to read the value of a member.
trait ReadValue {
    /// What it is read as; by default, nothing.
    type Value<'de>: Default;

    fn repeated<'de>() -> Self::Value<'de>;
    fn next_value<'de, A: MapAccess<'de>>(map: &mut A) -> Result<Self::Value<'de>, A::Error>;
}

/// In one scan, which ends at half a surrogate pair and at a number beyond what a float holds.
struct Straight;

impl ReadValue for Straight {
    type Value<'de> = Value<'de>;

    fn repeated<'de>() -> Value<'de> {
        Value::Repeated
    }

    fn next_value<'de, A: MapAccess<'de>>(map: &mut A) -> Result<Value<'de>, A::Error> {
        map.next_value_seed(Self)
    }
}

impl<'de> DeserializeSeed<'de> for Straight {
    type Value = Value<'de>;

    fn deserialize<D: de::Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Straight {
    type Value = Value<'de>;

    fn expecting(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("a value")
    }

    fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(text.into())
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(text.to_owned().into())
    }

    fn visit_bool<E: de::Error>(self, flag: bool) -> Result<Self::Value, E> {
        Ok(flag.into())
    }

    fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
        Ok(Value::Absent)
    }

    fn visit_i64<E: de::Error>(self, _: i64) -> Result<Self::Value, E> {
        Ok(Value::Other)
    }

    fn visit_u64<E: de::Error>(self, _: u64) -> Result<Self::Value, E> {
        Ok(Value::Other)
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<Self::Value, E> {
        Ok(Value::Other)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Value::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Value::Other)
    }
}

/// In two: the first finds where the value ends, the second decodes it if it is a text with escapes.
struct Careful;

impl ReadValue for Careful {
    type Value<'de> = Value<'de>;

    fn repeated<'de>() -> Value<'de> {
        Value::Repeated
    }

    fn next_value<'de, A: MapAccess<'de>>(map: &mut A) -> Result<Value<'de>, A::Error> {
        map.next_value::<&RawValue>().map(|raw| value_of(raw.get()))
    }
}

/// Not at all: only where it ends.
struct AsItStands;

impl ReadValue for AsItStands {
    type Value<'de> = Raw<'de>;

    fn repeated<'de>() -> Raw<'de> {
        Raw::Repeated
    }

    fn next_value<'de, A: MapAccess<'de>>(map: &mut A) -> Result<Raw<'de>, A::Error> {
        map.next_value::<&RawValue>().map(|raw| Raw::Json(raw.get()))
    }
}

/// A value whose grammar is already checked: only what has escapes is decoded once more, everything else is borrowed.
fn value_of(raw: &str) -> Value<'_> {
    match raw.as_bytes() {
        [b'n', ..] => Value::Absent,
        [b't', ..] => Value::Flag(true),
        [b'f', ..] => Value::Flag(false),
        [b'"', inner @ .., b'"'] if !inner.contains(&b'\\') => {
            Value::Text(Cow::Borrowed(raw.get(1..raw.len() - 1).unwrap_or_default()))
        }
        [b'"', ..] => serde_json::Deserializer::from_str(raw)
            .deserialize_bytes(Unescaped)
            .ok()
            .and_then(|octets| String::from_utf8(octets).ok())
            .map_or(Value::LoneSurrogate, Value::from),
        _ => Value::Other,
    }
}

/// The octets of a string; half a surrogate pair comes as three octets that are not UTF-8.
struct Unescaped;

impl Visitor<'_> for Unescaped {
    type Value = Vec<u8>;

    fn expecting(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("a string")
    }

    fn visit_bytes<E: de::Error>(self, octets: &[u8]) -> Result<Self::Value, E> {
        Ok(octets.to_vec())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(json: &str, expected: [Value<'_>; 2]) {
        assert_eq!(read(json.as_bytes(), &["a", "b"]), Ok(Some(expected)), "{json}");
    }

    #[track_caller]
    fn malformed(json: impl AsRef<[u8]>, line: usize, column: usize) {
        assert_eq!(read(json.as_ref(), &["a", "b"]), Err(MalformedJson { line, column }));
    }

    #[test]
    fn members_are_read_whatever_their_order_and_company() {
        check(r#"{"b": true, "x": [1, {"a": 2}], "a": "ñ"}"#, ["ñ".into(), true.into()]);
        check(r#"{"a": null}"#, [Value::Absent, Value::Absent]);
        check("{}", [Value::Absent, Value::Absent]);
        check("\u{FEFF} \r\n{\"a\":\"1\"}\n", ["1".into(), Value::Absent]);
    }

    #[test]
    fn text_without_escapes_is_borrowed() {
        let [a, b] = read(br#"{"a": "x y", "b": "x\ny"}"#, &["a", "b"]).unwrap().unwrap();
        assert!(matches!(a, Value::Text(Cow::Borrowed("x y"))));
        assert!(matches!(b, Value::Text(Cow::Owned(text)) if text == "x\ny"));
    }

    #[test]
    fn names_may_be_escaped_and_still_repeat() {
        check(r#"{"\u0061": "1"}"#, ["1".into(), Value::Absent]);
        check(r#"{"a": "1", "\u0061": "2", "b": null, "b": "3"}"#, [Value::Repeated, Value::Repeated]);
        check(r#"{"\ud800": 1, "a": "1"}"#, ["1".into(), Value::Absent]);
        // Repeating what nobody asked for is nobody's problem.
        check(r#"{"x": 1, "x": 2, "a": "1"}"#, ["1".into(), Value::Absent]);
    }

    #[test]
    fn whole_numbers_are_read_however_they_are_written_and_no_others() {
        for (raw, read) in [("7", 7), ("7.0", 7), ("7.000", 7), ("-1", u64::MAX), ("-7.0", u64::MAX)] {
            assert_eq!(Raw::Json(raw).integer(), Ok(Some(read)), "{raw}");
        }
        assert_eq!(Raw::Json("99999999999999999999").integer(), Ok(Some(u64::MAX)));
        for raw in ["7.5", "7e0", "\"7\"", "true", "[7]", "{}", "-", "7.-0"] {
            let wrong = Problem::WrongType { expected: JsonType::Integer };
            assert_eq!(Raw::Json(raw).integer(), Err(wrong), "{raw}");
        }
    }

    #[test]
    fn a_lone_surrogate_is_a_value_and_a_pair_is_a_character() {
        check(r#"{"a": "x\ud83d", "b": "\ud83e\udd80"}"#, [Value::LoneSurrogate, "🦀".into()]);
        check(r#"{"a": "\udc00\ud800", "b": "\ud800\u0041"}"#, [Value::LoneSurrogate, Value::LoneSurrogate]);
    }

    #[test]
    fn items_of_an_array_are_values_as_members_are() {
        let json = r#"{"b": [1], "x": {"a": ["no"]}, "\u0061": ["ñ", "\n", "\ud800", null, true, 1e999, ["a"], {}]}"#;
        let given: [Value<'_>; 8] = [
            "ñ".into(),
            "\n".into(),
            Value::LoneSurrogate,
            Value::Absent,
            true.into(),
            Value::Other,
            Value::Other,
            Value::Other,
        ];
        assert_eq!(items(json.as_bytes(), "a"), Some(given.to_vec()));
        assert_eq!(items(b"\xEF\xBB\xBF {\"a\": []}", "a"), Some(vec![]));
        for json in ["{}", r#"{"a": 1}"#, r#"{"a": "[]"}"#, r#"{"a": {}}"#, r#"{"a": [}"#, "[]"] {
            assert_eq!(items(json.as_bytes(), "a"), None, "{json}");
        }
    }

    #[test]
    fn other_types_are_values_however_deep_or_large() {
        let deep = format!(r#"{{"a": {}{}, "b": 1e999}}"#, "[".repeat(100_000), "]".repeat(100_000));
        check(&deep, [Value::Other, Value::Other]);
    }

    proptest! {
        /// What can be read straight away is read as the careful way reads it.
        #[test]
        fn prop_both_ways_to_read_agree(members in prop::collection::vec((name(), value()), 0..6)) {
            let members: Vec<_> = members.iter().map(|(name, value)| format!("{name}: {value}")).collect();
            let json = format!("{{ {} }}", members.join(" ,\n"));
            if let Ok(straight) = object::<2, Straight>(&json, &["a", "b"]) {
                prop_assert_eq!(object::<2, Careful>(&json, &["a", "b"]).unwrap(), straight);
            }
        }
    }

    fn name() -> impl Strategy<Value = &'static str> {
        prop::sample::select(vec![r#""a""#, r#""b""#, r#""\u0061""#, r#""x""#, r#""\ud800""#])
    }

    fn value() -> impl Strategy<Value = String> {
        let fixed = prop::sample::select(vec![
            "null",
            "true",
            "false",
            "0",
            "-1",
            "1.5",
            "1e999",
            "[]",
            r#"[1, {"a": null}]"#,
            "{}",
            r#"{"a": "b"}"#,
            r#""""#,
            r#""\ud83e\udd80""#,
            r#""\ud83e""#,
            r#""\n\u00f1""#,
            "nul",
            "",
        ]);
        prop_oneof![fixed.prop_map(str::to_owned), "\\PC{0,8}".prop_map(|text| serde_json::to_string(&text).unwrap())]
    }

    #[test]
    fn members_of_any_name_are_read_in_their_order() {
        let read = |json: &str| {
            let entries = entries(json)?;
            Some(entries.into_iter().map(|(name, raw)| format!("{name}={}", raw.get())).collect::<Vec<_>>().join(" "))
        };
        assert_eq!(
            read(r#"{"b": {"a": 1e999}, "\u0061": "\ud800", "b": []}"#).unwrap(),
            r#"b={"a": 1e999} a="\ud800" b=[]"#
        );
        assert_eq!(read(r#"{"\ud800": 1}"#).unwrap().chars().next(), Some('\u{FFFD}'));
        assert_eq!((read("[]"), read("\u{FEFF}{}")), (None, Some(String::new())));
    }

    #[test]
    fn what_is_no_object_is_told_from_what_is_no_json() {
        for json in ["[]", "null", "7", " \"a\" ", "[{\"a\":1}]"] {
            assert_eq!(read(json.as_bytes(), &["a"]), Ok(None), "{json}");
        }
        malformed("", 1, 0);
        malformed("{", 1, 1);
        malformed("{\"a\": 1,\n  \"b\": }", 2, 8);
        malformed("{\"a\": \"1\"} x", 1, 12);
        malformed("{\"a\": 1,}", 1, 9);
        malformed("{'a': 1}", 1, 2);
        malformed("{\"a\": \"\u{1}\"}", 1, 7);
        malformed("nul", 1, 3);
        malformed("NaN", 1, 1);
    }

    #[test]
    fn what_is_not_utf8_is_malformed_where_it_stands() {
        malformed(b"{\"a\":\n \"\xFF\"}", 2, 3);
        malformed(b"{\"a\": \"\xED\xA0\x80\"}", 1, 8);
        malformed("{\"a\": 1}".encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>(), 1, 2);
    }
}
