//! What crosses the boundary: a tree of values as numbers and one text.
//!
//! Each way there are two buffers: `words`, which hold the tree from its root, and `text`, which holds all its texts one after
//! the other, so that one call decodes or encodes them. JavaScript reads and writes them in place.
//!
//! | value | words |
//! |---|---|
//! | nothing, false, true, half a surrogate pair, any other value (9) | its tag |
//! | number | tag, then on the way in its low and high half (two's complement), on the way out one word |
//! | text | tag, its length: octets on the way in, UTF-16 units on the way out |
//! | name | tag, its index in [`NAMES`](crate::names::NAMES); on the way out only |
//! | list | tag, count, items |
//! | map | tag, count, texts or names and values in turn |

use core::fmt;

use serde::{
    Deserializer,
    de::{self, DeserializeSeed, Expected, IntoDeserializer, MapAccess, SeqAccess, Unexpected, Visitor},
};
use ticketing_core::Value;

const NOTHING: u32 = 0;
const FALSE: u32 = 1;
const TRUE: u32 = 2;
const NUMBER: u32 = 3;
const TEXT: u32 = 4;
const LIST: u32 = 5;
const MAP: u32 = 6;
const NAME: u32 = 7;
const LONE_SURROGATE: u32 = 8;

/// What JavaScript reads.
#[derive(Default)]
pub(crate) struct Writer {
    pub(crate) words: Vec<u32>,
    pub(crate) text: String,
}

impl Writer {
    pub(crate) fn clear(&mut self) {
        self.words.clear();
        self.text.clear();
    }

    pub(crate) fn nothing(&mut self) {
        self.words.push(NOTHING);
    }

    pub(crate) fn flag(&mut self, flag: bool) {
        self.words.push(if flag { TRUE } else { FALSE });
    }

    pub(crate) fn number(&mut self, number: u32) {
        self.words.extend([NUMBER, number]);
    }

    pub(crate) fn text(&mut self, text: &str) {
        let units: usize = text.chars().map(char::len_utf16).sum();
        self.words.extend([TEXT, length(units)]);
        self.text.push_str(text);
    }

    /// A name that both sides have in a table; as a text where it is in none.
    pub(crate) fn name(&mut self, name: &str) {
        match crate::names::NAMES.iter().position(|known| *known == name) {
            Some(index) => self.words.extend([NAME, length(index)]),
            None => self.text(name),
        }
    }

    pub(crate) fn list(&mut self, count: usize) {
        self.words.extend([LIST, length(count)]);
    }

    pub(crate) fn map(&mut self, count: usize) {
        self.words.extend([MAP, length(count)]);
    }
}

/// Nothing is as long as that: it would not fit into the module's memory.
fn length(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// What JavaScript has written.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a> {
    words: &'a [u32],
    text: &'a str,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(words: &'a [u32], text: &'a str) -> Self {
        Self { words, text }
    }

    fn word(&mut self) -> Result<u32, WireError> {
        let (first, rest) = self.words.split_first().ok_or(WireError::torn())?;
        self.words = rest;
        Ok(*first)
    }

    fn take_text(&mut self) -> Result<&'a str, WireError> {
        let octets = self.word()? as usize;
        let (first, rest) = self.text.split_at_checked(octets).ok_or(WireError::torn())?;
        self.text = rest;
        Ok(first)
    }

    fn number(&mut self) -> Result<i64, WireError> {
        if self.word()? != NUMBER {
            return Err(WireError::expected("an integer"));
        }
        let (low, high) = (self.word()?, self.word()?);
        Ok((u64::from(high) << 32 | u64::from(low)).cast_signed())
    }

    fn string(&mut self) -> Result<&'a str, WireError> {
        if self.word()? == TEXT { self.take_text() } else { Err(WireError::expected("a text")) }
    }

    fn count(&mut self, tag: u32, what: &str) -> Result<u32, WireError> {
        if self.word()? == tag { self.word() } else { Err(WireError::expected(what)) }
    }

    /// The next value as a form has it. Lists and maps do not come here.
    pub(crate) fn value(&mut self) -> Value<'a> {
        match self.word() {
            Ok(FALSE) => false.into(),
            Ok(TRUE) => true.into(),
            Ok(TEXT) => self.take_text().map_or(Value::Other, Value::from),
            Ok(LONE_SURROGATE) => Value::LoneSurrogate,
            Ok(NOTHING) | Err(_) => Value::Absent,
            Ok(_) => Value::Other,
        }
    }
}

/// What keeps a tree from being the data that is asked for. Without the value that was found: to print one of any kind takes
/// more room than all the rules.
#[derive(Debug)]
pub(crate) struct WireError {
    pub(crate) message: String,
    /// The members that lead there, innermost first.
    path: Vec<String>,
}

impl WireError {
    fn torn() -> Self {
        de::Error::custom("the value ends too early")
    }

    fn expected(what: &str) -> Self {
        de::Error::custom(format_args!("expected {what}"))
    }

    /// Where it is: the names of members, separated by dots.
    pub(crate) fn path(&self) -> String {
        let mut path = String::new();
        for member in self.path.iter().rev() {
            if !path.is_empty() {
                path.push('.');
            }
            path.push_str(member);
        }
        path
    }
}

impl fmt::Display for WireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for WireError {}

impl de::Error for WireError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self { message: message.to_string(), path: Vec::new() }
    }

    fn invalid_type(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::custom(format_args!("expected {expected}"))
    }

    fn invalid_value(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::custom(format_args!("expected {expected}"))
    }
}

macro_rules! same_as {
    ($($same:ident: $($method:ident)*;)*) => {
        $($(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, WireError> {
            self.$same(visitor)
        })*)*
    };
}

/// Each kind of value is asked for by its own method, and read there as that kind only: to be ready for any kind would be
/// compiled once for each type that is read, and take more room than all the rules.
impl<'de> Deserializer<'de> for &mut Reader<'de> {
    type Error = WireError;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, WireError> {
        Err(de::Error::custom("a value of any kind"))
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, WireError> {
        match self.word()? {
            FALSE => visitor.visit_bool(false),
            TRUE => visitor.visit_bool(true),
            _ => Err(WireError::expected("true or false")),
        }
    }

    fn deserialize_i64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, WireError> {
        self.number().and_then(|number| visitor.visit_i64(number))
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, WireError> {
        self.string().and_then(|text| visitor.visit_borrowed_str(text))
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, WireError> {
        let left = self.count(LIST, "a list")?;
        visitor.visit_seq(Parts { reader: self, left, member: "" })
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, WireError> {
        let left = self.count(MAP, "an object")?;
        visitor.visit_map(Parts { reader: self, left, member: "" })
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, WireError> {
        if self.words.first() == Some(&NOTHING) {
            self.word()?;
            return visitor.visit_none();
        }
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, WireError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, WireError> {
        self.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, WireError> {
        self.string().and_then(|name| visitor.visit_enum(name.into_deserializer()))
    }

    same_as! {
        deserialize_i64: deserialize_i8 deserialize_i16 deserialize_i32 deserialize_u8 deserialize_u16 deserialize_u32
            deserialize_u64;
        deserialize_str: deserialize_string deserialize_identifier deserialize_char;
        deserialize_any: deserialize_f32 deserialize_f64 deserialize_bytes deserialize_byte_buf deserialize_unit
            deserialize_ignored_any;
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, WireError> {
        self.deserialize_any(visitor)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, WireError> {
        self.deserialize_any(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, WireError> {
        self.deserialize_any(visitor)
    }
}

/// What is left of a list or map.
struct Parts<'r, 'a> {
    reader: &'r mut Reader<'a>,
    left: u32,
    /// Of a map: the name of the member that is being read.
    member: &'a str,
}

impl<'de> SeqAccess<'de> for Parts<'_, 'de> {
    type Error = WireError;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, WireError> {
        let Some(left) = self.left.checked_sub(1) else { return Ok(None) };
        self.left = left;
        seed.deserialize(&mut *self.reader).map(Some)
    }
}

impl<'de> MapAccess<'de> for Parts<'_, 'de> {
    type Error = WireError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, WireError> {
        let Some(left) = self.left.checked_sub(1) else { return Ok(None) };
        self.left = left;
        let mut ahead = *self.reader;
        self.member = if ahead.word()? == TEXT { ahead.take_text()? } else { "" };
        seed.deserialize(&mut *self.reader).map(Some)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, WireError> {
        seed.deserialize(&mut *self.reader).map_err(|mut error| {
            error.path.push(self.member.to_owned());
            error
        })
    }
}
