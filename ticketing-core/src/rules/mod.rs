//! What a deployment may choose, as data: field limits, types, priorities, areas, labels, service levels.

mod book;
mod by_name;
mod calendars;
mod canonical;
mod check;
mod document;
mod fill_in;
mod problem;

use std::sync::{Arc, OnceLock};

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use self::{
    book::Rulebook,
    by_name::ByName,
    calendars::{CalendarException, CalendarRules, Week},
    document::{AreaRules, FieldRule, Named, PriorityRules, RulesDocument, SlaRules},
    problem::RulesProblem,
};
use crate::{
    Field, LabelFormat, Timestamp, Zone,
    field::{FIELDS, Kind},
    limits::{LABEL_YEAR_MAX, LABEL_YEAR_MIN},
    sla::{Agreement, Calendar, Policy, Predicate, Promised},
    text::{TextRule, area_key, one_line, priority_key},
    ticket::{Attributes, Origin},
    violation::Problem,
};

/// Checked rules, ready for use. Immutable and cheap to clone; the default is the built-in one.
///
/// ```
/// use ticketing_core::Rules;
///
/// let rules = Rules::default();
/// let again = Rules::from_json(&rules.to_json()).unwrap();
/// assert_eq!(rules.hash(), again.hash());
///
/// let stricter = Rules::from_json(r#"{ "campos": { "asunto": { "requerido": true, "max": 80 } } }"#).unwrap();
/// assert_ne!(rules.hash(), stricter.hash());
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(try_from = "RulesDocument", into = "RulesDocument")]
pub struct Rules(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    document: RulesDocument,
    /// Made when somebody asks: what only checks forms never does.
    hash: OnceLock<RulesHash>,
    fields: [FieldRule; Field::COUNT],
    texts: [TextRule; Field::COUNT],
    /// The known types, priorities and areas, as a violation lists them.
    choices: [Arc<[String]>; 3],
    keys: Keys,
    /// The deployment's.
    zone: Zone,
    calendars: Vec<(String, Calendar)>,
}

/// The rule of what is no text.
const NO_TEXT: TextRule = TextRule::line(1, 1);

/// Key of every name and alias → index of what it names, in order of the document.
#[derive(Debug)]
struct Keys {
    priorities: Vec<(String, usize)>,
    areas: Vec<(String, usize)>,
}

impl Keys {
    fn of(document: &RulesDocument) -> Self {
        let (priorities, areas) = (&document.priorities.list, &document.areas.list);
        Self { priorities: Self::of_names(priorities, priority_key), areas: Self::of_names(areas, area_key) }
    }

    #[inline(never)]
    fn of_names(list: &[Named], key_of: fn(&str) -> String) -> Vec<(String, usize)> {
        let mut keys = Vec::new();
        for (index, named) in list.iter().enumerate() {
            keys.push((key_of(&named.name), index));
            for alias in &named.aliases {
                keys.push((key_of(alias), index));
            }
        }
        keys
    }

    fn has_priority(&self, name: &str) -> bool {
        let key = priority_key(name);
        self.priorities.iter().any(|(known, _)| *known == key)
    }

    fn has_area(&self, name: &str) -> bool {
        let key = area_key(name);
        self.areas.iter().any(|(known, _)| *known == key)
    }
}

/// The identity of a version of the rules: `UUIDv5` of their canonical JSON (sorted keys, integers only).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RulesHash(pub Uuid);

impl core::fmt::Display for RulesHash {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.0.fmt(f)
    }
}

impl RulesHash {
    /// Its namespace: `UUIDv5` of `ticketing-core:rules` in the URL namespace.
    pub const NAMESPACE: Uuid = Uuid::from_u128(0x709a_ed3f_9f81_5cda_8fa1_c981_18b6_e84d);
}

/// What keeps a document from being rules.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum RulesError {
    /// It is no JSON, or a member has a name or type that rules do not have.
    #[error("line {line}, column {column}: {}", one_line(message))]
    Json {
        /// From 1.
        line: usize,
        /// In octets from 1.
        column: usize,
        /// What is wrong.
        message: String,
    },
    /// A member's value is not allowed.
    #[error(transparent)]
    Value(#[from] RefusedValue),
}

/// A value that rules may not have.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{}: {}", one_line(path), one_line(&problem.to_string()))]
pub struct RefusedValue {
    /// Where: member names separated by dots.
    pub path: String,
    /// What is wrong, and what would be right.
    pub problem: RulesProblem,
}

impl Rules {
    /// Checks a document.
    ///
    /// # Errors
    /// [`RefusedValue`]: the first value that is not allowed.
    pub fn new(mut document: RulesDocument) -> Result<Self, RefusedValue> {
        document.fill_in();
        let keys = Keys::of(&document);
        check::document(&document, &keys).map_err(|refused| *refused)?;
        document.put_in_order();
        Ok(Self::compiled(document, keys))
    }

    /// Takes a document that was checked elsewhere, as that of a server's rules was before it activated them: nothing of it is
    /// checked again. For a browser, where the checks would be a tenth of all that is loaded, and nobody could put wrong rules right.
    ///
    /// The document stays as it is. In full, as [`document`](Self::document) of checked rules and their JSON are, it makes the same
    /// rules. Where it leaves something out, verdicts, labels and what a ticket would be promised are still the same; the hash is not,
    /// nor are clocks that run, which stand still only where their targets say so.
    ///
    /// By a document that [`new`](Self::new) refuses all of that may be anything, but there is an answer: a zone without a table is UTC,
    /// a calendar that is not there counts around the clock, and by one without working time nothing is ever due.
    ///
    /// ```
    /// use ticketing_core::{Rules, RulesDocument};
    ///
    /// let checked = Rules::from_json(r#"{ "tipos": ["QUEJA"] }"#).unwrap();
    /// let answered = RulesDocument::from_json(&checked.to_json()).unwrap();
    /// assert_eq!(Rules::from_checked(answered), checked);
    /// ```
    pub fn from_checked(document: RulesDocument) -> Self {
        let keys = Keys::of(&document);
        Self::compiled(document, keys)
    }

    fn compiled(document: RulesDocument, keys: Keys) -> Self {
        let mut fields = [FieldRule::default(); Field::COUNT];
        let mut texts = [NO_TEXT; Field::COUNT];
        for ((spec, rule), text) in FIELDS.iter().zip(&mut fields).zip(&mut texts) {
            *rule = document.field(spec);
            let multiline = matches!(spec.kind, Kind::Text { multiline: true, .. });
            *text = TextRule { min: rule.min.unwrap_or(1), max: rule.max.unwrap_or(1), multiline };
        }
        let zone = document.table(&document.zone).cloned().unwrap_or_default();
        let mut calendars = Vec::new();
        for (name, rules) in document.calendars.iter() {
            let of = match &rules.zone {
                Some(zone) => document.table(zone).cloned().unwrap_or_default(),
                None => zone.clone(),
            };
            calendars.push((name.to_owned(), rules.compile(of)));
        }
        let choices = [document.types.as_slice().into(), names(&document.priorities.list), names(&document.areas.list)];
        Self(Arc::new(Inner { document, hash: OnceLock::new(), fields, texts, choices, keys, zone, calendars }))
    }

    /// Reads rules from JSON. Members that are left out have the built-in value; unknown ones are an error.
    ///
    /// # Errors
    /// [`RulesError`], with line and column where the JSON itself is wrong.
    pub fn from_json(json: &str) -> Result<Self, RulesError> {
        Ok(Self::new(RulesDocument::from_json(json)?)?)
    }

    /// The rules in full as canonical JSON: sorted keys, no white space, every number an integer.
    pub fn to_json(&self) -> String {
        canonical::json(&self.0.document)
    }

    /// The identity of these rules.
    pub fn hash(&self) -> RulesHash {
        *self.0.hash.get_or_init(|| RulesHash(Uuid::new_v5(&RulesHash::NAMESPACE, self.to_json().as_bytes())))
    }

    /// The rules as data.
    pub fn document(&self) -> &RulesDocument {
        &self.0.document
    }

    /// What these rules say of a field.
    pub fn field(&self, field: Field) -> FieldRule {
        self.0.fields.get(field as usize).copied().unwrap_or_default()
    }

    /// Whether a new ticket must have a field.
    pub fn is_required(&self, field: Field) -> bool {
        self.field(field).required.unwrap_or(field.spec().required)
    }

    /// The values of a field that the rules know by name, for a form to offer; none of a field that takes anything.
    pub fn options(&self, field: Field) -> Vec<&str> {
        let [types, priorities, areas] = &self.0.choices;
        let list = match field {
            Field::Type => types,
            Field::Priority => priorities,
            Field::Area => areas,
            _ => return Vec::new(),
        };
        list.iter().map(String::as_str).collect()
    }

    /// That a value is none of a field's.
    fn unknown_value(&self, field: Field) -> Problem {
        let [types, priorities, areas] = &self.0.choices;
        let allowed = match field {
            Field::Priority => priorities,
            Field::Area => areas,
            _ => types,
        };
        Problem::UnknownValue { allowed: Arc::clone(allowed) }
    }

    /// The rule of a text field's length; of one character where the field is no text.
    pub fn text_rule(&self, field: Field) -> TextRule {
        self.0.texts.get(field as usize).copied().unwrap_or(NO_TEXT)
    }

    /// The ticket types.
    pub fn types(&self) -> &[String] {
        &self.0.document.types
    }

    /// A known priority's canonical name: `urgente` is `CRITICA`. `None` for an unknown one.
    pub fn known_priority(&self, priority: &str) -> Option<&str> {
        named(&self.0.keys.priorities, &self.0.document.priorities.list, &priority_key(priority)).map(canonical_name)
    }

    /// A known area's canonical name: `mesa de ayuda` is `MESA`. `None` for an unknown one.
    pub fn known_area(&self, area: &str) -> Option<&str> {
        named(&self.0.keys.areas, &self.0.document.areas.list, &area_key(area)).map(canonical_name)
    }

    /// The key by which areas compare: that of the canonical name where the area is known.
    pub fn area_key(&self, area: &str) -> String {
        let key = area_key(area);
        named(&self.0.keys.areas, &self.0.document.areas.list, &key).map_or(key, |named| area_key(&named.name))
    }

    /// The name of an area that the desk is shown: of a known one its first alias where it has one (`MESA` is
    /// `MESA DE AYUDA`), else its canonical name; of an unknown one what was stored. Source: the Mesa de Ayuda contract.
    pub fn desk_area<'a>(&'a self, area: &'a str) -> &'a str {
        let known = named(&self.0.keys.areas, &self.0.document.areas.list, &area_key(area));
        known.map_or(area, |named| named.aliases.first().unwrap_or(&named.name))
    }

    /// The keys of everything that is the same area: of its name and its aliases, or its own where it is unknown.
    pub fn area_keys(&self, area: &str) -> Vec<String> {
        let key = area_key(area);
        match named(&self.0.keys.areas, &self.0.document.areas.list, &key) {
            Some(named) => named.names().map(area_key).collect(),
            None => vec![key],
        }
    }

    /// The keys of everything that is the same priority: of its name and its aliases, or its own where it is unknown.
    pub fn priority_keys(&self, priority: &str) -> Vec<String> {
        let key = priority_key(priority);
        match named(&self.0.keys.priorities, &self.0.document.priorities.list, &key) {
            Some(named) => named.names().map(priority_key).collect(),
            None => vec![key],
        }
    }

    /// The key by which priorities compare: that of the canonical name where the priority is known.
    pub fn priority_key(&self, priority: &str) -> String {
        self.known_priority(priority).map_or_else(|| priority_key(priority), priority_key)
    }

    /// Whether a priority is more urgent than another, or than none. One that is not known is less urgent than all that are.
    pub fn is_more_urgent(&self, priority: &str, than: Option<&str>) -> bool {
        let rank = |priority: &str| {
            let key = priority_key(priority);
            let known = self.0.keys.priorities.iter().find(|(known, _)| *known == key);
            known.map_or(usize::MAX, |(_, rank)| *rank)
        };
        rank(priority) < than.map_or(usize::MAX, rank)
    }

    /// Says whether these rules know a type.
    pub(crate) fn check_type(&self, name: &str) -> Result<(), Problem> {
        if self.types().iter().any(|known| known == name) { Ok(()) } else { Err(self.unknown_value(Field::Type)) }
    }

    /// Says whether these rules take a priority.
    ///
    /// # Errors
    /// `unknown-value`, where only known ones are taken.
    pub fn check_priority(&self, priority: &str) -> Result<(), Problem> {
        let rules = &self.0.document.priorities;
        let is_taken = !rules.only_known || self.known_priority(priority).is_some();
        if is_taken { Ok(()) } else { Err(self.unknown_value(Field::Priority)) }
    }

    /// Says whether these rules take an area.
    ///
    /// # Errors
    /// `unknown-value`, where only known ones are taken.
    pub fn check_area(&self, area: &str) -> Result<(), Problem> {
        let rules = &self.0.document.areas;
        let is_taken = !rules.only_known || self.known_area(area).is_some();
        if is_taken { Ok(()) } else { Err(self.unknown_value(Field::Area)) }
    }

    /// The label format.
    pub fn labels(&self) -> &LabelFormat {
        &self.0.document.label
    }

    /// The year in whose series a ticket recorded at an instant gets its number, in the deployment's time zone.
    pub fn label_year(&self, recorded_at: Timestamp) -> u16 {
        let year = self.0.zone.local_year(recorded_at);
        u16::try_from(year).unwrap_or(LABEL_YEAR_MIN).clamp(LABEL_YEAR_MIN, LABEL_YEAR_MAX)
    }

    /// How long a ticket stays resolved before it closes by itself; `None`: as long as nobody closes it.
    pub fn closes_after(&self) -> Option<TimeDelta> {
        let days = self.0.document.auto_close_days;
        (days > 0).then(|| TimeDelta::days(days.into()))
    }

    /// The instant up to which tickets must have been resolved to close by themselves now; `None`: none does.
    pub fn resolved_until(&self, now: Timestamp) -> Option<Timestamp> {
        self.closes_after().and_then(|after| now.checked_add(-after))
    }

    /// The instant up to which tickets must have been over to lose now what they say of anybody; `None`: none does. Months are those of
    /// the calendar: what was closed on March 31st is due when February is over.
    pub fn erases_before(&self, now: Timestamp) -> Option<Timestamp> {
        let months = chrono::Months::new(self.0.document.anonymise_months?);
        let before = now.utc().checked_sub_months(months)?;
        Timestamp::from_unix_millis(before.timestamp_millis()).ok()
    }

    /// What a ticket of these attributes is promised; `None`: no policy is for it.
    pub fn agreement(&self, attributes: &Attributes, origin: Origin) -> Option<Agreement> {
        self.promised(&Facts::of(attributes), origin).map(|promised| promised.agreement(self.hash()))
    }

    pub(crate) fn promised(&self, facts: &Facts<'_>, origin: Origin) -> Option<Promised<'_>> {
        let policy = self.document().sla.policies.iter().find(|policy| self.matches(&policy.when, facts, origin))?;
        Some(Promised { policy, priority: facts.priority.map(|priority| self.priority_key(priority)) })
    }

    /// The policy of that id.
    pub fn policy(&self, id: u32) -> Option<&Policy> {
        self.0.document.sla.policies.iter().find(|policy| policy.id == id)
    }

    /// The deployment's time zone.
    pub fn zone(&self) -> &Zone {
        &self.0.zone
    }

    /// The calendar of a name.
    pub fn calendar(&self, name: &str) -> Option<&Calendar> {
        self.0.calendars.iter().find(|(known, _)| known == name).map(|(_, calendar)| calendar)
    }

    /// The calendar of the deployment, in which working time is counted where no target says otherwise; around the clock where
    /// it has none.
    pub fn working_calendar(&self) -> Calendar {
        let named = self.0.document.calendar.as_deref().and_then(|name| self.calendar(name));
        named.cloned().unwrap_or_else(|| Calendar::around_the_clock(self.0.zone.clone()))
    }

    fn matches(&self, when: &Predicate, facts: &Facts<'_>, origin: Origin) -> bool {
        let priority = |name: &str| self.priority_key(name);
        is_listed(&when.types, facts.ticket_type, &str::to_owned)
            && is_listed(&when.priorities, facts.priority, &priority)
            && is_listed(&when.categories, facts.category, &priority_key)
            && is_listed(&when.areas, Some(facts.area), &|area| self.area_key(area))
            && is_listed(&when.origins, Some(origin.name()), &str::to_owned)
    }
}

/// Whether a list is empty or has a value, compared by their keys.
fn is_listed(list: &[String], value: Option<&str>, key: &dyn Fn(&str) -> String) -> bool {
    if list.is_empty() {
        return true;
    }
    let Some(value) = value.map(key) else { return false };
    list.iter().any(|name| key(name) == value)
}

/// What a promise depends on.
pub(crate) struct Facts<'a> {
    pub(crate) ticket_type: Option<&'a str>,
    pub(crate) priority: Option<&'a str>,
    pub(crate) category: Option<&'a str>,
    pub(crate) area: &'a str,
}

impl<'a> Facts<'a> {
    fn of(attributes: &'a Attributes) -> Self {
        Self {
            ticket_type: attributes.ticket_type.as_deref(),
            priority: attributes.priority.as_deref(),
            category: attributes.category.as_deref(),
            area: &attributes.area,
        }
    }
}

impl Default for Rules {
    fn default() -> Self {
        // A test checks the built-in document; were it ever wrong, it would still be read.
        Self::new(RulesDocument::default()).unwrap_or_else(|_| Self::from_checked(RulesDocument::default()))
    }
}

impl PartialEq for Rules {
    fn eq(&self, other: &Self) -> bool {
        self.0.document == other.0.document
    }
}

impl Eq for Rules {}

impl TryFrom<RulesDocument> for Rules {
    type Error = RefusedValue;

    fn try_from(document: RulesDocument) -> Result<Self, RefusedValue> {
        Self::new(document)
    }
}

impl From<Rules> for RulesDocument {
    fn from(rules: Rules) -> Self {
        rules.0.document.clone()
    }
}

fn names(list: &[Named]) -> Arc<[String]> {
    list.iter().map(|named| named.name.clone()).collect()
}

fn named<'a>(keys: &[(String, usize)], list: &'a [Named], key: &str) -> Option<&'a Named> {
    let (_, index) = keys.iter().find(|(known, _)| known == key)?;
    list.get(*index)
}

fn canonical_name(named: &Named) -> &str {
    &named.name
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Regression, found by fuzzing: a name that nobody knows was told as it stood there, with line breaks and what terminals obey.
    #[test]
    fn what_is_wrong_is_told_in_one_line_whatever_the_names() {
        let error = Rules::from_json(r#"{"a\n\u001b[31mb": 1}"#).unwrap_err().to_string();
        assert!(error.contains(r"a\n\u{1b}[31mb") && !error.contains(char::is_control), "{error}");
        let error = Rules::from_json(r#"{"calendarios": {"a\nb": {"zona": "x\ty"}}}"#).unwrap_err().to_string();
        assert!(!error.contains(char::is_control), "{error}");
    }

    fn attributes(priority: &str) -> Attributes {
        Attributes { priority: Some(priority.into()), area: "MESA".into(), ..Attributes::default() }
    }

    /// What is promised for the resolution.
    fn promised(rules: &Rules, attributes: &Attributes) -> Option<String> {
        Some(rules.agreement(attributes, Origin::Other)?.promises.resolution?.allowance.to_string())
    }

    #[track_caller]
    fn refused(json: &str, error: &str) {
        assert_eq!(Rules::from_json(json).unwrap_err().to_string(), error);
    }

    #[test]
    fn the_default_is_valid_and_survives_json() {
        let rules = Rules::new(RulesDocument::default()).unwrap();
        assert_eq!(rules, Rules::default());
        assert_eq!(Rules::from_json(&rules.to_json()).unwrap(), rules);
        assert_eq!(Rules::from_json("{}").unwrap().hash(), rules.hash());
        insta::assert_snapshot!(format!("{}\n{}", rules.hash(), rules.to_json()));
    }

    #[test]
    fn the_namespace_is_what_its_comment_says() {
        assert_eq!(Uuid::new_v5(&Uuid::NAMESPACE_URL, b"ticketing-core:rules"), RulesHash::NAMESPACE);
    }

    /// Source: the seed (ALTA is 4 hours) and the Mesa de Ayuda contract (aliases; an unknown one gets the default hours).
    #[test]
    fn hours_go_by_priority_without_case_and_accents() {
        let rules = Rules::default();
        for (priority, expected) in [
            ("ALTA", "4h"),
            ("alta", "4h"),
            ("CRITICA", "2h"),
            ("Crítica", "2h"),
            ("urgente", "2h"),
            ("MEDIA", "24h"),
            ("baja", "72h"),
            ("algún día", "24h"),
        ] {
            assert_eq!(promised(&rules, &attributes(priority)).as_deref(), Some(expected), "{priority}");
        }
        let none = Attributes { area: "MESA".into(), ..Attributes::default() };
        assert_eq!(promised(&rules, &none).as_deref(), Some("24h"));
    }

    #[test]
    fn the_first_policy_that_matches_wins_and_may_promise_nothing() {
        let rules = Rules::from_json(
            r#"{ "sla": { "politicas": [
                { "id": 7, "nombre": "Sugerencias", "cuando": { "tipo": ["SUGERENCIA"] } },
                { "id": 2, "nombre": "Redes urgente", "cuando": { "area": ["redes"], "prioridad": ["urgente"] },
                  "resolucion": { "otras": "90m" } },
                { "id": 1, "nombre": "Resto", "resolucion": { "porPrioridad": { "Alta": "4h" } } } ] } }"#,
        )
        .unwrap();
        let of = |ticket_type: &str, priority: &str, area: &str| {
            let attributes =
                Attributes { ticket_type: Some(ticket_type.into()), area: area.into(), ..attributes(priority) };
            let policy = rules.agreement(&attributes, Origin::Other).map(|agreement| agreement.policy);
            (policy, promised(&rules, &attributes))
        };
        let promised = |policy, allowance: &str| (Some(policy), Some(allowance.to_owned()));
        assert_eq!(of("SUGERENCIA", "ALTA", "MESA"), (Some(7), None));
        assert_eq!(of("QUEJA", "Crítica", " Redes"), promised(2, "90m"));
        assert_eq!(of("QUEJA", "ALTA", "REDES"), promised(1, "4h"));
        assert_eq!(of("QUEJA", "BAJA", "REDES"), (Some(1), None));
    }

    #[test]
    fn areas_compare_by_key_and_alias() {
        let rules = Rules::default();
        assert_eq!(rules.area_key("mesa de  ayuda"), "MESA");
        assert_eq!(rules.area_key("Soporte técnico "), "SOPORTE TÉCNICO");
        assert_eq!(rules.known_area("Mesa"), Some("MESA"));
        assert_eq!(rules.known_area("Cocina"), None);
    }

    #[test]
    fn the_year_of_a_label_is_local() {
        let rules = Rules::from_json(
            r#"{ "zona": "America/Bogota", "zonas": [{ "nombre": "America/Bogota", "desfaseSegundos": -18000 }] }"#,
        )
        .unwrap();
        assert_eq!(rules.label_year(Timestamp::parse("2027-01-01T04:59:59Z").unwrap()), 2026);
        assert_eq!(rules.label_year(Timestamp::parse("2027-01-01T05:00:00Z").unwrap()), 2027);
        assert_eq!(Rules::default().label_year(Timestamp::MIN), LABEL_YEAR_MIN);
    }

    #[test]
    fn what_is_kept_for_months_is_kept_for_those_of_the_calendar() {
        let at = |text: &str| Timestamp::parse(text).unwrap();
        let rules = Rules::from_json(r#"{ "anonimizacion": 24 }"#).unwrap();
        assert_eq!(rules.erases_before(at("2026-11-30T08:00:00Z")), Some(at("2024-11-30T08:00:00Z")));
        let rules = Rules::from_json(r#"{ "anonimizacion": 1 }"#).unwrap();
        assert_eq!(rules.erases_before(at("2026-03-31T08:00:00Z")), Some(at("2026-02-28T08:00:00Z")));
        assert_eq!(rules.erases_before(Timestamp::MIN), None);
        assert_eq!(Rules::default().erases_before(at("2026-11-30T08:00:00Z")), None);
        // Rules that say nothing of it are the rules that they were.
        assert!(!Rules::default().to_json().contains("anonimizacion"));
        assert_eq!(Rules::from_json(&rules.to_json()).unwrap().hash(), rules.hash());
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        refused(
            "{\n  \"camposs\": {}\n}",
            "line 2, column 11: unknown field `camposs`, expected one of `campos`, `tipos`, `prioridades`, `areas`, `etiqueta`, `sla`, `cierreAutomatico`, `reapertura`, `zona`, `zonas`, `calendarios`, `calendario`, `anonimizacion`",
        );
        refused(r#"{"campos": {"asunto": {"max": 1001}}}"#, "campos.asunto.max: at most 1000");
        refused(r#"{"campos": {"asunto": {"min": 9, "max": 8}}}"#, "campos.asunto.min: at most its max, 8");
        refused(
            r#"{"campos": {"nombre": {"requerido": false}}}"#,
            "campos.nombre.requerido: a ticket cannot do without this field",
        );
        refused(
            r#"{"campos": {"email": {"max": 8}}}"#,
            "campos.email: min and max are for texts; the length of this field is fixed",
        );
        refused(r#"{"tipos": []}"#, "tipos: at least one type is needed");
        refused(r#"{"reapertura": 4000}"#, "reapertura: at most 3660 days");
        refused(r#"{"anonimizacion": 0}"#, "anonimizacion: between 1 and 1200 months");
        refused(r#"{"anonimizacion": 1201}"#, "anonimizacion: between 1 and 1200 months");
        refused(
            r#"{"areas": {"lista": [{"nombre": "A"}, {"nombre": "B", "alias": ["a"]}]}}"#,
            "areas.lista[1]: “a” already names another, or itself",
        );
        refused(
            r#"{"sla": {"politicas": [{"id": 0, "nombre": "x"}]}}"#,
            "sla.politicas[0].id: an id lies between 1 and 2147483647",
        );
        refused(
            r#"{"sla": {"politicas": [{"id": 1, "nombre": "x", "resolucion": {"porPrioridad": {"urgente": "1h"}}}]}}"#,
            "sla.politicas[0].resolucion.porPrioridad: “urgente” is an alias; write “CRITICA”",
        );
        refused(
            r#"{"sla": {"politicas": [{"id": 1, "nombre": "x", "resolucion": {"otras": "1d"}}]}}"#,
            "line 1, column 77: “1d” is no budget: write hours, minutes or business days, such as \"4h\", \"90m\" or \"2bd\", of ten years at most",
        );
    }
}
