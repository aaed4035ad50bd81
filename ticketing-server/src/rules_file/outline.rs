//! Where everything stands in a rules file.

use std::{fmt, iter, ops::Range};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;
use toml::de::{DeTable, DeValue};

/// A value's place, and the places of what is in it.
#[derive(Debug)]
pub(super) struct Outline {
    span: Span,
    content: Content,
}

/// From octet to octet of the text.
pub(super) type Span = Range<usize>;

#[derive(Debug)]
enum Content {
    Members(Vec<Member>),
    Items(Vec<Outline>),
    Scalar,
}

#[derive(Debug)]
struct Member {
    name: String,
    name_span: Span,
    value: Outline,
}

/// Where the value of a path stands, or what there is of it.
pub(super) struct Place {
    /// A single value; of a list and of what has members, its name.
    pub(super) span: Span,
    /// The name, where it has one.
    pub(super) name_span: Span,
    /// How much of the path's end is not there, in octets.
    missing: usize,
}

/// Rules are far from as deep; what is deeper counts as one value.
const DEPTH_MAX: usize = 32;

impl Outline {
    pub(super) fn of_toml(table: &DeTable<'_>) -> Self {
        Self { span: 0..0, content: toml_members(table) }
    }

    /// Answers names that stand in one object twice too, each with the path of the object.
    pub(super) fn of_json(text: &str) -> (Self, Vec<(String, Span)>) {
        let mut reader = JsonReader { text, twice: Vec::new() };
        let outline = reader.value(text, 0);
        (outline, reader.twice)
    }

    /// The place of a path, such as `sla.politicas[0].id`; where it is not there, of the nearest that is around it; `None` where
    /// nothing of it is there.
    pub(super) fn find(&self, path: &str) -> Option<Place> {
        let root = Place { span: self.span.clone(), name_span: self.span.clone(), missing: path.len() };
        let place = self.nearest(path, root);
        (place.missing < path.len()).then_some(place)
    }

    /// A name may have dots and brackets in it: of all ways to read the path, the one that leads furthest.
    fn nearest(&self, path: &str, here: Place) -> Place {
        let follow = |value: &Self, rest: &str, name_span: &Span| {
            let is_scalar = matches!(value.content, Content::Scalar);
            let span = if is_scalar { &value.span } else { name_span };
            let there = Place { span: span.clone(), name_span: name_span.clone(), missing: rest.len() };
            value.nearest(rest.strip_prefix('.').unwrap_or(rest), there)
        };
        let deeper: Vec<Place> = match &self.content {
            Content::Scalar => Vec::new(),
            Content::Members(members) => {
                let named = members.iter().filter_map(|member| {
                    let rest = path.strip_prefix(&*member.name).filter(|_| !path.is_empty())?;
                    let is_whole = rest.is_empty() || rest.starts_with(['.', '[']);
                    is_whole.then(|| follow(&member.value, rest, &member.name_span))
                });
                named.collect()
            }
            Content::Items(items) => {
                let item = || {
                    let (index, rest) = path.strip_prefix('[')?.split_once(']')?;
                    let item = items.get(index.parse::<usize>().ok()?)?;
                    Some(follow(item, rest, &item.span))
                };
                item().into_iter().collect()
            }
        };
        deeper.into_iter().fold(here, |best, place| if place.missing < best.missing { place } else { best })
    }
}

fn toml_members(table: &DeTable<'_>) -> Content {
    let members = table.iter().map(|(name, value)| Member {
        name: name.get_ref().clone().into_owned(),
        name_span: name.span(),
        value: toml_value(value.get_ref(), value.span()),
    });
    Content::Members(members.collect())
}

fn toml_value(value: &DeValue<'_>, span: Span) -> Outline {
    let content = match value {
        DeValue::Table(table) => toml_members(table),
        DeValue::Array(items) => {
            Content::Items(items.iter().map(|item| toml_value(item.get_ref(), item.span())).collect())
        }
        _ => Content::Scalar,
    };
    Outline { span, content }
}

struct JsonReader<'a> {
    text: &'a str,
    twice: Vec<(String, Span)>,
}

impl JsonReader<'_> {
    /// The outline of a value, which is a part of the text.
    fn value(&mut self, value: &str, depth: usize) -> Outline {
        let span = self.span(value.trim());
        let content = match value.trim_start().as_bytes().first() {
            Some(b'{') if depth < DEPTH_MAX => self.members(value, depth),
            Some(b'[') if depth < DEPTH_MAX => {
                let items: Vec<&RawValue> = serde_json::from_str(value).unwrap_or_default();
                Content::Items(items.into_iter().map(|item| self.value(item.get(), depth + 1)).collect())
            }
            _ => Content::Scalar,
        };
        Outline { span, content }
    }

    fn members(&mut self, value: &str, depth: usize) -> Content {
        let entries: Entries<'_> = serde_json::from_str(value).unwrap_or_default();
        let mut members: Vec<Member> = Vec::new();
        for (name, value) in entries.0 {
            let name_span = self.span(name.get());
            let name: String = serde_json::from_str(name.get()).unwrap_or_default();
            if members.iter().any(|member| member.name == name) {
                self.twice.push((name.clone(), name_span.clone()));
            }
            members.push(Member { name, name_span, value: self.value(value.get(), depth + 1) });
        }
        Content::Members(members)
    }

    fn span(&self, part: &str) -> Span {
        let start = part.as_ptr().addr().saturating_sub(self.text.as_ptr().addr());
        start..start + part.len()
    }
}

/// The members of an object in their order, unread.
#[derive(Default)]
struct Entries<'a>(Vec<(&'a RawValue, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Entries<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;

        impl<'de> Visitor<'de> for InOrder {
            type Value = Entries<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                iter::from_fn(|| map.next_entry().transpose()).collect::<Result<_, _>>().map(Entries)
            }
        }

        deserializer.deserialize_map(InOrder)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOML: &str = "top = 1\n[a.\"b.c\"]\n'd[0]' = [1, [2], { e = 'x' }]\n[[f]]\ng.h = 3\n[[f]]\n[a.b]\nd = 4\n";
    const JSON: &str = r#"
        { "top": 1, "a": { "b.c": { "d[0]": [1, [2], { "e": "x" }] }, "b": { "d": 4 } }, "f": [{ "g": { "h": 3 } }, {}] } "#;

    fn outlines() -> [(&'static str, Outline); 2] {
        [(TOML, Outline::of_toml(DeTable::parse(TOML).unwrap().get_ref())), (JSON, Outline::of_json(JSON).0)]
    }

    #[test]
    fn a_single_value_is_found_by_its_path_whatever_its_names_are() {
        for (text, outline) in outlines() {
            for (path, value) in
                [("top", "1"), ("a.b.d", "4"), ("a.b.c.d[0][0]", "1"), ("a.b.c.d[0][1][0]", "2"), ("f[0].g.h", "3")]
            {
                assert_eq!(&text[outline.find(path).unwrap().span], value, "{path}");
            }
            assert_eq!(text[outline.find("a.b.c.d[0][2].e").unwrap().span].trim_matches(['"', '\'']), "x");
        }
    }

    #[test]
    fn what_has_members_or_items_is_found_by_its_name() {
        for (text, outline) in outlines() {
            for (path, name) in [("a", "a"), ("a.b", "b"), ("a.b.c.d[0]", "d[0]"), ("f", "f"), ("f[0].g", "g")] {
                let found = &text[outline.find(path).unwrap().span];
                assert_eq!(found.trim_matches(['"', '\'']), name, "{path}");
            }
        }
        let [(toml, in_toml), (json, in_json)] = outlines();
        assert_eq!(&toml[in_toml.find("f[1]").unwrap().span], "[[f]]");
        assert_eq!(&json[in_json.find("f[1]").unwrap().span], "{}");
    }

    #[test]
    fn of_what_is_not_there_the_nearest_around_it_is_found() {
        for (text, outline) in outlines() {
            for (path, nearest) in [("a.b.x.y", "b"), ("a.x", "a"), ("f[7].g", "f"), ("top.x", "1"), ("f[0].g.hh", "g")]
            {
                let found = &text[outline.find(path).unwrap().span];
                assert_eq!(found.trim_matches(['"', '\'']), nearest, "{path}");
            }
            for path in ["", "x", "x.y[0]", "to", "topp", "[0]", "."] {
                assert!(outline.find(path).is_none(), "{path}");
            }
        }
    }

    #[test]
    fn names_that_stand_in_one_json_object_twice_are_told() {
        let text = r#"{"a": {"x": 1, "\u0078": 2}, "b": {"x": 1}}"#;
        let (_, twice) = Outline::of_json(text);
        assert_eq!(twice.len(), 1);
        assert_eq!((twice[0].0.as_str(), &text[twice[0].1.clone()]), ("x", r#""\u0078""#));
    }

    #[test]
    fn depth_ends_somewhere() {
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(Outline::of_json(&deep).0.find("[0][0]").is_some());
    }
}
