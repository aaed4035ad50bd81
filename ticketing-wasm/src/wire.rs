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

use ticketing_core::{Value, Walk, WalkError, Walked};

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
    words: Vec<u32>,
    text: String,
}

impl Writer {
    /// Begins an answer.
    pub(crate) fn begin(&mut self) {
        self.words.clear();
        self.text.clear();
        self.words.extend([0; 3]);
    }

    /// Ends it; returns where it is: whether all is well, its text's place and octets, and the tree.
    pub(crate) fn end(&mut self) -> usize {
        let head = [length(self.text.as_ptr() as usize), length(self.text.len())];
        for (slot, word) in self.words.iter_mut().skip(1).zip(head) {
            *slot = word;
        }
        self.words.as_ptr() as usize
    }

    /// All is well.
    pub(crate) fn well(&mut self) {
        if let Some(slot) = self.words.first_mut() {
            *slot = 1;
        }
    }

    fn two(&mut self, tag: u32, word: u32) {
        self.words.push(tag);
        self.words.push(word);
    }

    pub(crate) fn nothing(&mut self) {
        self.words.push(NOTHING);
    }

    pub(crate) fn flag(&mut self, flag: bool) {
        self.words.push(if flag { TRUE } else { FALSE });
    }

    pub(crate) fn number(&mut self, number: u32) {
        self.two(NUMBER, number);
    }

    pub(crate) fn text(&mut self, text: &str) {
        let units: usize = text.chars().map(char::len_utf16).sum();
        self.two(TEXT, length(units));
        self.text.push_str(text);
    }

    /// A name that both sides have in a table; as a text where it is in none.
    pub(crate) fn name(&mut self, name: &str) {
        match crate::names::NAMES.iter().position(|known| *known == name) {
            Some(index) => self.two(NAME, length(index)),
            None => self.text(name),
        }
    }

    pub(crate) fn list(&mut self, count: usize) {
        self.two(LIST, length(count));
    }

    pub(crate) fn map(&mut self, count: usize) {
        self.two(MAP, length(count));
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

    /// The next word; `None` behind the last, which a tree that JavaScript has written does not reach.
    fn word(&mut self) -> Option<u32> {
        let (first, rest) = self.words.split_first()?;
        self.words = rest;
        Some(*first)
    }

    fn take_text(&mut self) -> Option<&'a str> {
        let octets = self.word()? as usize;
        let (first, rest) = self.text.split_at_checked(octets)?;
        self.text = rest;
        Some(first)
    }

    /// Goes behind the next value.
    fn skip(&mut self) {
        let mut left: u32 = 1;
        while let Some(fewer) = left.checked_sub(1) {
            left = fewer;
            match self.word() {
                Some(NUMBER) => drop((self.word(), self.word())),
                Some(TEXT) => drop(self.take_text()),
                Some(LIST) => left = left.saturating_add(self.word().unwrap_or_default()),
                Some(MAP) => left = left.saturating_add(self.word().unwrap_or_default().saturating_mul(2)),
                Some(_) => {}
                None => return,
            }
        }
    }

    /// The next value as a form has it. Lists and maps do not come here.
    pub(crate) fn value(&mut self) -> Value<'a> {
        match self.word() {
            Some(FALSE) => false.into(),
            Some(TRUE) => true.into(),
            Some(TEXT) => self.take_text().map_or(Value::Other, Value::from),
            Some(LONE_SURROGATE) => Value::LoneSurrogate,
            Some(NOTHING) | None => Value::Absent,
            Some(_) => Value::Other,
        }
    }
}

/// Reads rules.
pub(crate) struct RulesReader<'a> {
    /// What comes next.
    next: Reader<'a>,
    /// The objects around it, innermost last.
    objects: Vec<Object<'a>>,
    /// The members that lead to it, outermost first.
    path: Vec<String>,
}

struct Object<'a> {
    /// Those that nobody has asked for yet.
    members: Vec<(&'a str, Reader<'a>)>,
    after: Reader<'a>,
    /// How long the path is outside.
    depth: usize,
}

impl<'a> RulesReader<'a> {
    pub(crate) fn new(next: Reader<'a>) -> Self {
        Self { next, objects: Vec::new(), path: Vec::new() }
    }

    /// Where it is: names of members, separated by dots.
    pub(crate) fn path(&self) -> String {
        self.path.join(".")
    }

    fn tagged(&mut self, tag: u32, what: &str) -> Walked {
        if self.next.word() == Some(tag) { Ok(()) } else { Err(WalkError::expected(what)) }
    }

    fn count(&mut self, tag: u32, what: &str) -> Result<u32, WalkError> {
        self.tagged(tag, what)?;
        Ok(self.next.word().unwrap_or_default())
    }
}

impl Walk for RulesReader<'_> {
    fn reads(&self) -> bool {
        true
    }

    fn text(&mut self, text: &mut String) -> Walked {
        self.tagged(TEXT, "a text")?;
        self.next.take_text().unwrap_or_default().clone_into(text);
        Ok(())
    }

    fn flag(&mut self, flag: &mut bool) -> Walked {
        *flag = match self.next.word() {
            Some(FALSE) => false,
            Some(TRUE) => true,
            _ => return Err(WalkError::expected("true or false")),
        };
        Ok(())
    }

    fn number(&mut self, number: &mut i64) -> Walked {
        self.tagged(NUMBER, "an integer")?;
        let (low, high) = (self.next.word().unwrap_or_default(), self.next.word().unwrap_or_default());
        *number = (u64::from(high) << 32 | u64::from(low)).cast_signed();
        Ok(())
    }

    fn nothing(&mut self, _: bool) -> Result<bool, WalkError> {
        let is_nothing = self.next.words.first() == Some(&NOTHING);
        if is_nothing {
            self.next.word();
        }
        Ok(is_nothing)
    }

    fn list(&mut self, _: usize) -> Result<usize, WalkError> {
        self.count(LIST, "a list").map(|count| count as usize)
    }

    fn end_list(&mut self) -> Walked {
        Ok(())
    }

    fn object(&mut self) -> Walked {
        let count = self.count(MAP, "an object")?;
        let mut members = Vec::new();
        for _ in 0..count {
            self.tagged(TEXT, "a name")?;
            members.push((self.next.take_text().unwrap_or_default(), self.next));
            self.next.skip();
        }
        self.objects.push(Object { members, after: self.next, depth: self.path.len() });
        Ok(())
    }

    fn names(&mut self) -> Vec<String> {
        let members = self.objects.last().map(|object| object.members.iter());
        members.into_iter().flatten().map(|(name, _)| String::from(*name)).collect()
    }

    fn member(&mut self, name: &str) -> Result<bool, WalkError> {
        let Some(object) = self.objects.last_mut() else { return Ok(false) };
        self.path.truncate(object.depth);
        let Some(place) = object.members.iter().position(|(other, _)| *other == name) else { return Ok(false) };
        self.next = object.members.swap_remove(place).1;
        self.path.push(name.to_owned());
        Ok(true)
    }

    fn end_object(&mut self) -> Walked {
        let Some(object) = self.objects.pop() else { return Ok(()) };
        self.path.truncate(object.depth);
        if let Some((name, _)) = object.members.first() {
            self.path.push(String::from(*name));
            return Err(WalkError(String::from("rules have no such member")));
        }
        self.next = object.after;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};
    use ticketing_core::RulesDocument;

    use super::*;

    /// As `writeTree` of js/index.js does.
    fn write(value: &Json, words: &mut Vec<u32>, text: &mut String) {
        let write_text = |words: &mut Vec<u32>, text: &mut String, value: &str| {
            words.extend([TEXT, length(value.len())]);
            text.push_str(value);
        };
        match value {
            Json::Null => words.push(NOTHING),
            Json::Bool(flag) => words.push(if *flag { TRUE } else { FALSE }),
            Json::Number(number) => match number.as_i64() {
                Some(integer) => {
                    let bits = integer.cast_unsigned();
                    words.extend([
                        NUMBER,
                        u32::try_from(bits & 0xFFFF_FFFF).unwrap(),
                        u32::try_from(bits >> 32).unwrap(),
                    ]);
                }
                None => words.push(9),
            },
            Json::String(value) => write_text(words, text, value),
            Json::Array(items) => {
                words.extend([LIST, length(items.len())]);
                for item in items {
                    write(item, words, text);
                }
            }
            Json::Object(members) => {
                words.extend([MAP, length(members.len())]);
                for (name, member) in members {
                    write_text(words, text, name);
                    write(member, words, text);
                }
            }
        }
    }

    fn read(value: &Json) -> Result<RulesDocument, WalkError> {
        let (mut words, mut text) = (Vec::new(), String::new());
        write(value, &mut words, &mut text);
        let mut document = RulesDocument::default();
        document.walk(&mut RulesReader::new(Reader::new(&words, &text)))?;
        Ok(document)
    }

    /// Every place of a document, as a JSON pointer.
    fn places(value: &Json, at: &str, places: &mut Vec<String>) {
        places.push(at.to_owned());
        match value {
            Json::Array(items) => {
                items.iter().enumerate().for_each(|(n, item)| self::places(item, &format!("{at}/{n}"), places));
            }
            Json::Object(members) => {
                members.iter().for_each(|(name, item)| self::places(item, &format!("{at}/{name}"), places));
            }
            _ => {}
        }
    }

    #[track_caller]
    fn same(value: &Json) {
        let expected = serde_json::from_value::<RulesDocument>(value.clone());
        match (read(value), expected) {
            (Ok(found), Ok(expected)) => assert_eq!(found, expected, "{value}"),
            (Err(_), Err(_)) => {}
            (found, expected) => panic!("{value}\nread: {found:?}\nserde: {expected:?}"),
        }
    }

    /// A document with every member there is, and the same with each of its places in turn left out or another value, and with
    /// one member more.
    #[test]
    fn rules_are_read_as_serde_reads_them() {
        let whole = json!({
            "campos": { "asunto": { "requerido": true, "min": 2, "max": 80 }, "telefono": {} },
            "tipos": ["AVERÍA", "QUEJA"],
            "prioridades": { "lista": [{ "nombre": "ALTA", "alias": ["YA"] }, { "nombre": "BAJA" }], "soloConocidas": true },
            "areas": { "lista": [{ "nombre": "MESA", "alias": [] }], "predeterminada": "MESA", "soloConocidas": false },
            "etiqueta": { "prefijo": "HD", "digitos": 3 },
            "sla": { "politicas": [{
                "id": 4, "nombre": "VIP",
                "cuando": { "tipo": ["QUEJA"], "prioridad": ["ALTA"], "categoria": [], "area": ["MESA"], "origen": ["CHAT"] },
                "resolucion": { "porPrioridad": { "ALTA": "90m", "BAJA": "2h" }, "otras": "4h" },
            }, { "id": 1, "nombre": "Otras" }] },
            "cierreAutomatico": 3, "reapertura": 0,
            "zona": { "nombre": "America/Bogota", "desfaseSegundos": -18000,
                      "transiciones": [{ "desde": -5_000_000_000_i64, "desfaseSegundos": -14400 }] },
        });
        assert!(read(&whole).is_ok());
        same(&whole);
        let mut all = Vec::new();
        places(&whole, "", &mut all);
        let others = [json!(null), json!(true), json!(7), json!(-7), json!(1.5), json!("x"), json!([]), json!({})];
        for place in &all {
            for other in &others {
                // For an object, serde takes a list too, of its members' values in the order of the type. Nobody writes that.
                if other.is_array() && whole.pointer(place).is_some_and(Json::is_object) {
                    continue;
                }
                let mut changed = whole.clone();
                *changed.pointer_mut(place).unwrap() = other.clone();
                same(&changed);
            }
            let mut more = whole.clone();
            if let Some(members) = more.pointer_mut(place).and_then(Json::as_object_mut) {
                members.insert("nada".into(), json!(1));
                same(&more);
            }
            let Some((parent, name)) = place.rsplit_once('/') else { continue };
            let mut less = whole.clone();
            if let Some(members) = less.pointer_mut(parent).and_then(Json::as_object_mut) {
                members.remove(name);
                same(&less);
            }
        }
    }
}
