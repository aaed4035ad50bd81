//! JSON that is the same for the same data: keys sorted, no white space.
//!
//! Written here and not by way of `serde_json::Value`, which would bring decimal fractions and sorted trees into the browser's
//! module for data that has neither.

use core::fmt::{self, Write as _};

use serde::ser::{Impossible, Serialize, SerializeMap, SerializeSeq, SerializeStruct, Serializer};

/// Canonical JSON.
pub(super) fn json(data: &impl Serialize) -> String {
    let mut text = String::new();
    // Rules are maps with text keys, lists, texts, integers and booleans, all of which can be written.
    match data.serialize(Json { text: &mut text }) {
        Ok(()) | Err(Unwritable) => text,
    }
}

/// Data of a kind that rules do not have.
#[derive(Debug)]
struct Unwritable;

impl fmt::Display for Unwritable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("rules hold texts, integers, booleans, lists and maps")
    }
}

impl core::error::Error for Unwritable {}

impl serde::ser::Error for Unwritable {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

struct Json<'t> {
    text: &'t mut String,
}

impl<'t> Json<'t> {
    fn members(self) -> Members<'t> {
        Members { text: self.text, written: Vec::new(), name: String::new() }
    }
}

fn write_text(text: &mut String, value: &str) {
    text.push('"');
    for c in value.chars() {
        match c {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            '\u{8}' => text.push_str("\\b"),
            '\u{C}' => text.push_str("\\f"),
            // Writing to a `String` does not fail.
            c if c < ' ' => drop(write!(text, "\\u{:04x}", u32::from(c))),
            c => text.push(c),
        }
    }
    text.push('"');
}

struct Items<'t> {
    text: &'t mut String,
    is_first: bool,
}

impl SerializeSeq for Items<'_> {
    type Ok = ();
    type Error = Unwritable;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unwritable> {
        if !core::mem::take(&mut self.is_first) {
            self.text.push(',');
        }
        value.serialize(Json { text: self.text })
    }

    fn end(self) -> Result<(), Unwritable> {
        self.text.push(']');
        Ok(())
    }
}

/// The members of a map or struct, sorted as they come, written when all are there.
struct Members<'t> {
    text: &'t mut String,
    /// Names, and their values as JSON.
    written: Vec<(String, String)>,
    name: String,
}

impl Members<'_> {
    fn write(self) {
        for (index, (name, value)) in self.written.iter().enumerate() {
            self.text.push(if index == 0 { '{' } else { ',' });
            write_text(self.text, name);
            self.text.push(':');
            self.text.push_str(value);
        }
        self.text.push_str(if self.written.is_empty() { "{}" } else { "}" });
    }

    fn push<T: Serialize + ?Sized>(&mut self, name: String, value: &T) -> Result<(), Unwritable> {
        let mut json = String::new();
        value.serialize(Json { text: &mut json })?;
        let place = self.written.partition_point(|(other, _)| *other < name);
        self.written.insert(place, (name, json));
        Ok(())
    }
}

impl SerializeMap for Members<'_> {
    type Ok = ();
    type Error = Unwritable;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Unwritable> {
        self.name = key.serialize(Name)?;
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unwritable> {
        let name = core::mem::take(&mut self.name);
        self.push(name, value)
    }

    fn end(self) -> Result<(), Unwritable> {
        self.write();
        Ok(())
    }
}

impl SerializeStruct for Members<'_> {
    type Ok = ();
    type Error = Unwritable;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Unwritable> {
        self.push(name.to_owned(), value)
    }

    fn end(self) -> Result<(), Unwritable> {
        self.write();
        Ok(())
    }
}

/// What both serializers below never meet.
macro_rules! unwritable {
    ($($method:ident($($argument:ty),*);)*) => {
        $(fn $method(self, $(_: $argument),*) -> Result<Self::Ok, Unwritable> {
            Err(Unwritable)
        })*
    };
}

macro_rules! never {
    () => {
        type SerializeTuple = Impossible<Self::Ok, Unwritable>;
        type SerializeTupleStruct = Impossible<Self::Ok, Unwritable>;
        type SerializeTupleVariant = Impossible<Self::Ok, Unwritable>;
        type SerializeStructVariant = Impossible<Self::Ok, Unwritable>;

        unwritable! {
            serialize_f32(f32);
            serialize_f64(f64);
            serialize_bytes(&[u8]);
            serialize_unit_struct(&'static str);
        }

        fn serialize_char(self, c: char) -> Result<Self::Ok, Unwritable> {
            self.serialize_str(c.encode_utf8(&mut [0; 4]))
        }

        fn serialize_unit_variant(self, _: &'static str, _: u32, name: &'static str) -> Result<Self::Ok, Unwritable> {
            self.serialize_str(name)
        }

        fn serialize_newtype_struct<T: Serialize + ?Sized>(
            self,
            _: &'static str,
            value: &T,
        ) -> Result<Self::Ok, Unwritable> {
            value.serialize(self)
        }

        fn serialize_newtype_variant<T: Serialize + ?Sized>(
            self,
            _: &'static str,
            _: u32,
            _: &'static str,
            _: &T,
        ) -> Result<Self::Ok, Unwritable> {
            Err(Unwritable)
        }

        fn serialize_tuple(self, _: usize) -> Result<Self::SerializeTuple, Unwritable> {
            Err(Unwritable)
        }

        fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self::SerializeTupleStruct, Unwritable> {
            Err(Unwritable)
        }

        fn serialize_tuple_variant(
            self,
            _: &'static str,
            _: u32,
            _: &'static str,
            _: usize,
        ) -> Result<Self::SerializeTupleVariant, Unwritable> {
            Err(Unwritable)
        }

        fn serialize_struct_variant(
            self,
            _: &'static str,
            _: u32,
            _: &'static str,
            _: usize,
        ) -> Result<Self::SerializeStructVariant, Unwritable> {
            Err(Unwritable)
        }
    };
}

macro_rules! integers {
    ($($method:ident($integer:ty);)*) => {
        $(fn $method(self, value: $integer) -> Result<(), Unwritable> {
            // Writing to a `String` does not fail.
            let _ = write!(self.text, "{value}");
            Ok(())
        })*
    };
}

impl<'t> Serializer for Json<'t> {
    type Ok = ();
    type Error = Unwritable;
    type SerializeSeq = Items<'t>;
    type SerializeMap = Members<'t>;
    type SerializeStruct = Members<'t>;

    never!();

    integers! {
        serialize_i8(i8);
        serialize_i16(i16);
        serialize_i32(i32);
        serialize_i64(i64);
        serialize_u8(u8);
        serialize_u16(u16);
        serialize_u32(u32);
        serialize_u64(u64);
    }

    fn serialize_bool(self, value: bool) -> Result<(), Unwritable> {
        self.text.push_str(if value { "true" } else { "false" });
        Ok(())
    }

    fn serialize_str(self, value: &str) -> Result<(), Unwritable> {
        write_text(self.text, value);
        Ok(())
    }

    fn serialize_none(self) -> Result<(), Unwritable> {
        self.text.push_str("null");
        Ok(())
    }

    fn serialize_unit(self) -> Result<(), Unwritable> {
        self.text.push_str("null");
        Ok(())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Unwritable> {
        value.serialize(self)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Items<'t>, Unwritable> {
        self.text.push('[');
        Ok(Items { text: self.text, is_first: true })
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Members<'t>, Unwritable> {
        Ok(self.members())
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Members<'t>, Unwritable> {
        Ok(self.members())
    }
}

/// The name of a member: a text.
struct Name;

impl Serializer for Name {
    type Ok = String;
    type Error = Unwritable;
    type SerializeSeq = Impossible<String, Unwritable>;
    type SerializeMap = Impossible<String, Unwritable>;
    type SerializeStruct = Impossible<String, Unwritable>;

    never!();

    unwritable! {
        serialize_bool(bool);
        serialize_i8(i8);
        serialize_i16(i16);
        serialize_i32(i32);
        serialize_i64(i64);
        serialize_u8(u8);
        serialize_u16(u16);
        serialize_u32(u32);
        serialize_u64(u64);
        serialize_none();
        serialize_unit();
    }

    fn serialize_str(self, value: &str) -> Result<String, Unwritable> {
        Ok(value.to_owned())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<String, Unwritable> {
        value.serialize(self)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Self::SerializeSeq, Unwritable> {
        Err(Unwritable)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self::SerializeMap, Unwritable> {
        Err(Unwritable)
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self::SerializeStruct, Unwritable> {
        Err(Unwritable)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::json;

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
            "[\\x00-\\x7f\"\\\\]{0,8}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            let members = prop::collection::btree_map(any::<String>(), inner.clone(), 0..4);
            prop_oneof![
                prop::collection::vec(inner, 0..4).prop_map(Value::from),
                members.prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    #[test]
    fn members_are_sorted_and_nothing_is_between() {
        let data = json!({ "b": [1, -2, true, null, {}, []], "a": { "z": "ñ\u{1}\"", "B": "" } });
        assert_eq!(json(&data), r#"{"a":{"B":"","z":"ñ\u0001\""},"b":[1,-2,true,null,{},[]]}"#);
    }

    proptest! {
        /// Scalars letter by letter, the rest as the same data.
        #[test]
        fn prop_serde_json_reads_and_writes_the_same(value in any_value()) {
            prop_assert_eq!(serde_json::from_str::<Value>(&json(&value)).unwrap(), value.clone());
            prop_assert_eq!(json(&value), json(&serde_json::from_str::<Value>(&json(&value)).unwrap()));
            if !value.is_object() && !value.is_array() {
                prop_assert_eq!(json(&value), serde_json::to_string(&value).unwrap());
            }
        }
    }
}
