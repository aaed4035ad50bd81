//! From untrusted input to a ticket that may be stored: [`Draft`] → [`Draft::validate`] → [`NewTicket`], or everything that
//! is wrong with it.

mod arrival;
mod look_up;
mod order;

pub use self::{
    arrival::Arrival,
    look_up::{Comment, LookUp},
};
use crate::{
    EmailAddress, Field, Rules, Timestamp, email,
    field::{Kind, NAMES_AS_SENT},
    form,
    members::{self, MalformedJson, Value},
    rules::Facts,
    sla::Preview,
    text,
    ticket::{Attributes, Intake, Origin, Requester, Visibility},
    violation::{JsonType, Problem, Violation, Violations},
};

/// A ticket as somebody filled it in: a value of any kind for each of the thirteen fields, nothing checked yet.
///
/// ```
/// use ticketing_core::{Draft, Field, Rules};
///
/// let rules = Rules::default();
/// let draft = Draft::from_json(br#"{ "nombre": "Ana", "email": "ana", "tipo": 7 }"#).unwrap();
/// let violations = draft.validate(&rules).unwrap_err();
/// let found: Vec<_> = violations.iter().map(|violation| (violation.field, violation.problem.code())).collect();
/// assert_eq!(found, [
///     ("email", "invalid-email"), ("tipo", "wrong-type"), ("categoria", "required"), ("descripcion", "required"),
///     ("prioridad", "required"),
/// ]);
///
/// let ticket = draft
///     .with(Field::Email, "ana@example.com")
///     .with(Field::Type, "INCIDENTE")
///     .with(Field::Category, "Sistemas")
///     .with(Field::Description, "No puedo iniciar sesión en Outlook.")
///     .with(Field::Priority, "ALTA")
///     .validate(&rules)
///     .unwrap();
/// assert_eq!(ticket.attributes().area, "MESA");
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Draft<'a> {
    /// In the order of [`AS_SENT`](crate::field::AS_SENT); where they are put once, as to move so many takes longer.
    values: Box<[Value<'a>; Field::COUNT]>,
    is_object: bool,
}

/// A ticket that may be stored: every field checked and trimmed.
///
/// There are no other ways to one than the doors of this module.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewTicket {
    attributes: Attributes,
    intake: Intake,
    /// Where it is not as usual. It seldom is, and would be a third of what is moved with a ticket.
    arrival: Option<Box<Arrival>>,
}

impl Default for Draft<'_> {
    fn default() -> Self {
        Self { values: Box::new([(); Field::COUNT].map(|()| Value::Absent)), is_object: true }
    }
}

impl<'a> Draft<'a> {
    /// An empty draft.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads a draft from JSON in one pass, borrowing every text without escapes.
    ///
    /// Members that are no fields are ignored. A value of the wrong type, a repeated member, half a surrogate pair and JSON
    /// that is no object are for [`validate`](Self::validate) to report.
    ///
    /// # Errors
    /// [`MalformedJson`]: octets that are not JSON in UTF-8.
    pub fn from_json(json: &'a [u8]) -> Result<Self, MalformedJson> {
        let mut draft = Self::new();
        draft.is_object = members::read_into(json, &NAMES_AS_SENT, &mut draft.values, &mut [false; Field::COUNT])?;
        Ok(draft)
    }

    /// The draft with another value in a field.
    #[must_use]
    pub fn with(mut self, field: Field, value: impl Into<Value<'a>>) -> Self {
        self.set(field, value);
        self
    }

    /// Puts a value into a field.
    pub fn set(&mut self, field: Field, value: impl Into<Value<'a>>) {
        if let Some(slot) = self.values.get_mut(field.place_as_sent()) {
            *slot = value.into();
        }
    }

    /// What the draft holds for a field.
    pub fn get(&self, field: Field) -> &Value<'a> {
        self.values.get(field.place_as_sent()).unwrap_or(&Value::Absent)
    }

    /// Checks every field, and makes a ticket of them.
    ///
    /// # Errors
    /// All violations, in field order: of each field the first rule that it breaks.
    pub fn validate(&self, rules: &Rules) -> Result<NewTicket, Violations> {
        self.check_all(rules)?.ticket()
    }

    /// Checks every field, for whoever wants to know no more than that: nothing is copied.
    ///
    /// # Errors
    /// As [`validate`](Self::validate), under rules that were checked.
    pub fn check(&self, rules: &Rules) -> Result<(), Violations> {
        if self.is_plainly_right(rules) { Ok(()) } else { self.check_with_care(rules) }
    }

    #[cold]
    fn check_with_care(&self, rules: &Rules) -> Result<(), Violations> {
        self.check_all(rules).map(|_| ())
    }

    /// Whether every field is right for certain: told of nearly every draft that is right, in half the time of telling it of any.
    fn is_plainly_right(&self, rules: &Rules) -> bool {
        let check = Check { draft: self, rules };
        // One after the other, and not in a loop, as in `check_all`.
        self.is_object
            && check.is_plainly_right(Field::Name)
            && check.is_plainly_right(Field::Email)
            && check.is_plainly_right(Field::Type)
            && check.is_plainly_right(Field::Category)
            && check.is_plainly_right(Field::Description)
            && check.is_plainly_right(Field::Priority)
            && check.is_plainly_right(Field::Document)
            && check.is_plainly_right(Field::Phone)
            && check.is_plainly_right(Field::HasWhatsapp)
            && check.is_plainly_right(Field::Company)
            && check.is_plainly_right(Field::Subcategory)
            && check.is_plainly_right(Field::Subject)
            && check.is_plainly_right(Field::Area)
    }

    #[expect(clippy::inline_always, reason = "whoever makes nothing of the fields need not write them down")]
    #[inline(always)]
    fn check_all<'v>(&'v self, rules: &'v Rules) -> Result<CheckedFields<'v>, Violations> {
        if !self.is_object {
            return Err(Violations::of("", Problem::WrongType { expected: JsonType::Object }));
        }
        // In the order of the table. Each field by itself, and not in a loop: of a field that is known beforehand, most questions need
        // not be asked.
        let (check, mut violations) = (Check { draft: self, rules }, Vec::new());
        let fields = CheckedFields {
            name: check.text(Field::Name, &mut violations),
            email: check.text(Field::Email, &mut violations),
            ticket_type: check.text(Field::Type, &mut violations),
            category: check.text(Field::Category, &mut violations),
            description: check.text(Field::Description, &mut violations),
            priority: check.text(Field::Priority, &mut violations),
            document: check.text(Field::Document, &mut violations),
            phone: check.text(Field::Phone, &mut violations),
            has_whatsapp: check.flag(Field::HasWhatsapp, &mut violations),
            company: check.text(Field::Company, &mut violations),
            subcategory: check.text(Field::Subcategory, &mut violations),
            subject: check.text(Field::Subject, &mut violations),
            area: check.text(Field::Area, &mut violations),
        };
        Violations::new(violations).map_or(Ok(fields), Err)
    }

    /// Checks every field of a ticket that somebody has had elsewhere, and how it comes to be here.
    ///
    /// # Errors
    /// All violations: those of the fields in their order, then dates in the future, without which there is none, or out of place.
    pub fn validate_arrival(&self, rules: &Rules, arrival: Arrival, now: Timestamp) -> Result<NewTicket, Violations> {
        let more = arrival.violations(now);
        match self.validate(rules) {
            Ok(ticket) => match Violations::new(more) {
                Some(violations) => Err(violations),
                None => Ok(NewTicket::checked(ticket.attributes, ticket.intake, arrival)),
            },
            Err(violations) => {
                let all = violations.iter().cloned().chain(more).collect();
                Err(Violations::new(all).unwrap_or(violations))
            }
        }
    }

    /// What a ticket of these values would be promised if it were created at an instant, however much of it is missing or wrong so
    /// far; `None`: no policy is for it.
    pub fn preview(&self, rules: &Rules, origin: Origin, now: Timestamp) -> Option<Preview> {
        preview(PROMISED.map(|field| self.get(field)), rules, origin, now)
    }

    /// Checks one field, as a form does while it is filled in.
    ///
    /// # Errors
    /// The first rule that the field breaks.
    pub fn validate_field(&self, field: Field, rules: &Rules) -> Result<(), Problem> {
        check_field(field, self.get(field), rules).map(|_| ())
    }
}

/// The fields on whose values a promise depends.
pub const PROMISED: [Field; 4] = [Field::Type, Field::Priority, Field::Category, Field::Area];

/// What [`Draft::preview`] answers, of the values of the fields in [`PROMISED`] alone.
pub fn preview(values: [&Value<'_>; 4], rules: &Rules, origin: Origin, now: Timestamp) -> Option<Preview> {
    let [ticket_type, priority, category, area] = values.map(|value| value.trimmed().ok().flatten());
    let area = area.unwrap_or(&rules.document().areas.default);
    let facts = Facts { ticket_type, priority, category, area };
    Some(rules.promised(&facts, origin)?.preview(rules, now))
}

impl NewTicket {
    /// What the ticket is about and who is to work it.
    pub fn attributes(&self) -> &Attributes {
        &self.attributes
    }

    /// Who asks, and in which words.
    pub fn intake(&self) -> &Intake {
        &self.intake
    }

    /// The same ticket as somebody has had it since an instant.
    #[must_use]
    pub fn since(mut self, created_at: Timestamp) -> Self {
        self.arrival.get_or_insert_default().created_at = Some(created_at);
        self
    }

    /// How it comes to be.
    pub fn arrival(&self) -> &Arrival {
        static AS_USUAL: Arrival = Arrival::as_usual();
        self.arrival.as_deref().unwrap_or(&AS_USUAL)
    }

    /// Who asks and in which words, for whoever stores them.
    pub fn into_intake(self) -> Intake {
        self.intake
    }

    /// Of parts that the integration dialect's door has checked.
    pub(crate) fn checked(attributes: Attributes, intake: Intake, arrival: Arrival) -> Self {
        let arrival = (arrival != Arrival::as_usual()).then(|| Box::new(arrival));
        Self { attributes, intake, arrival }
    }
}

/// The draft that validates to this ticket again.
impl<'a> From<&'a NewTicket> for Draft<'a> {
    fn from(ticket: &'a NewTicket) -> Self {
        let NewTicket { attributes, intake, arrival: _ } = ticket;
        let mut draft = Self::new()
            .with(Field::Type, attributes.ticket_type.as_deref())
            .with(Field::Category, attributes.category.as_deref())
            .with(Field::Description, intake.description.as_deref())
            .with(Field::Priority, attributes.priority.as_deref())
            .with(Field::Subcategory, attributes.subcategory.as_deref())
            .with(Field::Subject, intake.subject.as_deref())
            .with(Field::Area, attributes.area.as_str());
        if let Some(requester) = &intake.requester {
            draft.set(Field::Name, requester.name.as_str());
            draft.set(Field::Email, requester.email.as_str());
            draft.set(Field::Document, requester.document.as_deref());
            draft.set(Field::Phone, requester.phone.as_deref());
            draft.set(Field::HasWhatsapp, requester.has_whatsapp);
            draft.set(Field::Company, requester.company.as_deref());
        }
        draft
    }
}

/// A value that keeps its field's rules.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Checked<'a> {
    /// Nothing.
    Absent,
    /// A text, trimmed.
    Text(&'a str),
    /// What the rules give a field that nobody has filled in.
    Default(&'a str),
    /// `true` or `false`.
    Flag(bool),
}

impl<'a> Checked<'a> {
    fn as_text(self) -> Option<&'a str> {
        match self {
            Self::Text(text) | Self::Default(text) => Some(text),
            Self::Absent | Self::Flag(_) => None,
        }
    }
}

/// What a ticket would hold in each field.
struct CheckedFields<'a> {
    name: Option<&'a str>,
    email: Option<&'a str>,
    ticket_type: Option<&'a str>,
    category: Option<&'a str>,
    description: Option<&'a str>,
    priority: Option<&'a str>,
    document: Option<&'a str>,
    phone: Option<&'a str>,
    has_whatsapp: bool,
    company: Option<&'a str>,
    subcategory: Option<&'a str>,
    subject: Option<&'a str>,
    area: Option<&'a str>,
}

impl CheckedFields<'_> {
    #[expect(clippy::inline_always, reason = "the fields stay where they are")]
    #[inline(always)]
    fn ticket(self) -> Result<NewTicket, Violations> {
        // That there is none has already been refused.
        let required =
            |text: Option<_>, field: Field| text.ok_or_else(|| Violations::of(field.name(), Problem::Required));
        let (name, email) = (required(self.name, Field::Name)?, required(self.email, Field::Email)?);
        let area = required(self.area, Field::Area)?;
        // All texts first, and then what they are parts of, as a whole: a part that is made by itself is moved once more.
        let owned = |text: Option<&str>| text.map(str::to_owned);
        let (name, email, phone, document, company) =
            (name.to_owned(), email.to_owned(), owned(self.phone), owned(self.document), owned(self.company));
        let (ticket_type, priority, category, subcategory, area) = (
            owned(self.ticket_type),
            owned(self.priority),
            owned(self.category),
            owned(self.subcategory),
            area.to_owned(),
        );
        let (subject, description) = (owned(self.subject), owned(self.description));
        let (email, has_whatsapp) = (EmailAddress::checked(email), self.has_whatsapp);
        Ok(NewTicket {
            attributes: Attributes {
                ticket_type,
                priority,
                category,
                subcategory,
                area,
                service: None,
                visibility: Visibility::Public,
            },
            intake: Intake {
                requester: Some(Requester { name, email, phone, has_whatsapp, document, company }),
                subject,
                description,
                description_is_internal: false,
                clients: None,
                cc: Vec::new(),
                created_by: None,
                described_by: None,
                due_by: None,
            },
            arrival: None,
        })
    }
}

/// A draft that is checked field by field.
#[derive(Clone, Copy)]
struct Check<'v, 'a> {
    draft: &'v Draft<'a>,
    rules: &'v Rules,
}

#[expect(clippy::inline_always, reason = "made for each field, it is a third as long")]
impl<'v> Check<'v, '_> {
    /// What a ticket would hold in a field that is a text. Where it breaks a rule, that is put down, and the answer means nothing.
    #[inline(always)]
    fn text(self, field: Field, violations: &mut Vec<Violation>) -> Option<&'v str> {
        let value = self.draft.get(field);
        self.plain_text(field, value).or_else(|| judge(field, value, self.rules, violations).as_text())
    }

    /// As [`text`](Self::text), of the field that is none.
    #[inline(always)]
    fn flag(self, field: Field, violations: &mut Vec<Violation>) -> bool {
        match self.draft.get(field) {
            Value::Flag(flag) => *flag,
            value => judge(field, value, self.rules, violations) == Checked::Flag(true),
        }
    }

    /// Whether a field is right for certain.
    #[inline(always)]
    fn is_plainly_right(self, field: Field) -> bool {
        let value = self.draft.get(field);
        match value {
            Value::Text(_) => self.plain_text(field, value).is_some(),
            Value::Flag(_) if field == Field::HasWhatsapp => true,
            _ => self.is_absent_and_may_be(field),
        }
    }

    #[cold]
    fn is_absent_and_may_be(self, field: Field) -> bool {
        *self.draft.get(field) == Value::Absent && !self.rules.is_required(field)
    }

    /// The text of a field, if it is right for certain and needs no trimming: [`check_field`] is who says what is right, and of any value.
    #[inline(always)]
    fn plain_text(self, field: Field, value: &'v Value<'_>) -> Option<&'v str> {
        let Value::Text(text) = value else { return None };
        let (text, rules) = (&**text, self.rules);
        let is_right = match field {
            Field::HasWhatsapp => false,
            Field::Email => email::is_plain(text),
            Field::Type => {
                text::has_visible_ends(text) && rules.types().iter().any(|known| text::are_same(known, text))
            }
            Field::Priority if rules.document().priorities.only_known => false,
            Field::Area if rules.document().areas.only_known => false,
            _ => rules.text_rule(field).is_plainly_kept_by(text),
        };
        is_right.then_some(text)
    }
}

#[cold]
fn judge<'v>(field: Field, value: &'v Value<'_>, rules: &'v Rules, violations: &mut Vec<Violation>) -> Checked<'v> {
    check_field(field, value, rules).unwrap_or_else(|problem| {
        if violations.is_empty() {
            violations.reserve_exact(Field::COUNT);
        }
        violations.push(Violation { field: field.name(), problem });
        Checked::Absent
    })
}

/// Checks a value of one field, without a draft around it, and answers what a ticket would hold there.
///
/// # Errors
/// The first rule that it breaks.
pub fn check_field<'v>(field: Field, value: &'v Value<'_>, rules: &'v Rules) -> Result<Checked<'v>, Problem> {
    let spec = field.spec();
    let text = match spec.kind {
        Kind::Flag => return Ok(form::flag(value)?.map_or_else(|| unless_given(field, rules), Checked::Flag)),
        Kind::Text { .. } => value.text(rules.text_rule(spec.field))?,
        Kind::Email | Kind::Type => value.trimmed()?,
    };
    let Some(text) = text else {
        return if rules.is_required(field) { Err(Problem::Required) } else { Ok(unless_given(field, rules)) };
    };
    match field {
        Field::Email => email::check(text).map_err(|reason| Problem::InvalidEmail { reason })?,
        Field::Type => rules.check_type(text)?,
        Field::Priority => rules.check_priority(text)?,
        Field::Area => rules.check_area(text)?,
        _ => {}
    }
    Ok(Checked::Text(text))
}

/// What a ticket has in a field that nobody has filled in.
fn unless_given(field: Field, rules: &Rules) -> Checked<'_> {
    match field {
        Field::Area => Checked::Default(&rules.document().areas.default),
        Field::HasWhatsapp => Checked::Flag(false),
        _ => Checked::Absent,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{Locale, field::FIELDS};

    const SEED: &str = r#"{
        "nombre": "Ana García", "email": "ana.garcia@example.com", "telefono": "+573001234567", "tieneWhatsapp": true,
        "documento": "12345678", "empresaDepartamento": "Recursos Humanos", "tipo": "INCIDENTE",
        "categoria": "Sistemas", "subcategoria": "Correo electrónico",
        "asunto": "No puedo acceder a mi correo corporativo",
        "descripcion": "Desde esta mañana no puedo iniciar sesión en Outlook. Aparece el error 403 Forbidden.",
        "prioridad": "ALTA", "areaAsignada": "MESA" }"#;

    fn valid() -> Draft<'static> {
        Draft::from_json(SEED.as_bytes()).unwrap()
    }

    #[track_caller]
    fn check(draft: &Draft<'_>, expected: &[(&str, &str)]) {
        let found = draft
            .validate(&Rules::default())
            .map_err(|violations| violations.iter().map(|v| (v.field, v.problem.code())).collect::<Vec<_>>());
        assert_eq!(found.err().unwrap_or_default(), expected);
    }

    #[test]
    fn the_seeds_body_is_a_ticket() {
        let ticket = valid().validate(&Rules::default()).unwrap();
        assert_eq!(ticket.attributes().priority.as_deref(), Some("ALTA"));
        let requester = ticket.intake().requester.as_ref().unwrap();
        assert!(requester.has_whatsapp);
        assert_eq!(requester.email.as_str(), "ana.garcia@example.com");
    }

    #[test]
    fn an_empty_body_is_told_everything_it_lacks() {
        let required =
            ["nombre", "email", "tipo", "categoria", "descripcion", "prioridad"].map(|name| (name, "required"));
        check(&Draft::from_json(b"{}").unwrap(), &required);
        check(&Draft::from_json(b"[]").unwrap(), &[("", "wrong-type")]);
    }

    #[test]
    fn null_and_blank_are_absent() {
        let draft = valid()
            .with(Field::Phone, Value::Absent)
            .with(Field::Subject, " \t ")
            .with(Field::Area, "")
            .with(Field::HasWhatsapp, Value::Absent);
        let ticket = draft.validate(&Rules::default()).unwrap();
        assert_eq!(ticket.attributes().area, "MESA");
        assert_eq!(ticket.intake().subject, None);
        check(&draft.with(Field::Name, "\u{3000}\u{A0}"), &[("nombre", "required")]);
    }

    #[test]
    fn each_wrong_value_is_the_violation_of_its_field() {
        let json = br#"{ "nombre": ["x"], "email": "a@b", "tipo": "incidente", "categoria": "\ud800", "descripcion": "corta",
            "prioridad": "ALTA", "prioridad": "BAJA", "documento": 12345678, "telefono": "\u0000", "tieneWhatsapp": "true",
            "empresaDepartamento": {}, "subcategoria": true, "asunto": "dos\nl\u00edneas" }"#;
        check(
            &Draft::from_json(json).unwrap(),
            &[
                ("nombre", "wrong-type"),
                ("email", "invalid-email"),
                ("tipo", "unknown-value"),
                ("categoria", "invalid-unicode"),
                ("descripcion", "too-short"),
                ("prioridad", "repeated"),
                ("documento", "wrong-type"),
                ("telefono", "control-character"),
                ("tieneWhatsapp", "wrong-type"),
                ("empresaDepartamento", "wrong-type"),
                ("subcategoria", "wrong-type"),
                ("asunto", "control-character"),
            ],
        );
    }

    /// Source: the seed's two tables.
    #[test]
    fn lengths_end_where_the_table_says() {
        for spec in FIELDS {
            let Kind::Text { min, max, .. } = spec.kind else { continue };
            let text = |chars: u32| "ñ".repeat(usize::try_from(chars).unwrap());
            check(&valid().with(spec.field, text(max)), &[]);
            check(&valid().with(spec.field, text(max + 1)), &[(spec.name, "too-long")]);
            check(&valid().with(spec.field, format!(" {} ", text(min))), &[]);
            if min > 1 {
                check(&valid().with(spec.field, text(min - 1)), &[(spec.name, "too-short")]);
            }
        }
    }

    #[test]
    fn the_description_may_have_lines_and_keeps_them() {
        let ticket = valid().with(Field::Description, "\n uno\r\n\tdos tres \n").validate(&Rules::default()).unwrap();
        assert_eq!(ticket.intake().description.as_deref(), Some("uno\r\n\tdos tres"));
    }

    #[test]
    fn rules_may_ask_for_more() {
        let rules = Rules::from_json(
            r#"{ "campos": { "asunto": { "requerido": true, "max": 10 } }, "prioridades": { "soloConocidas": true },
                 "areas": { "soloConocidas": true }, "tipos": ["AVERIA"] }"#,
        )
        .unwrap();
        let draft = valid().with(Field::Priority, "ya").with(Field::Area, "Cocina");
        let violations = draft.validate(&rules).unwrap_err();
        assert_eq!(
            violations.to_string(),
            "tipo: unknown-value; prioridad: unknown-value; asunto: too-long; areaAsignada: unknown-value"
        );
        let known =
            draft.with(Field::Type, "AVERIA").with(Field::Priority, "Urgente").with(Field::Area, "mesa de ayuda");
        assert_eq!(
            known.clone().with(Field::Subject, "x").validate(&rules).unwrap().attributes().priority.as_deref(),
            Some("Urgente")
        );
        assert_eq!(
            known.with(Field::Subject, Value::Absent).validate(&rules).unwrap_err().to_string(),
            "asunto: required"
        );
    }

    fn any_text() -> impl Strategy<Value = String> {
        prop_oneof![
            "\\PC{0,30}",
            "[ \\t\\n\u{a0}]{0,2}[A-Za-zñé]{0,25}[ \\n]{0,2}",
            prop::collection::vec(any::<char>(), 0..30).prop_map(String::from_iter),
            Just("ana@example.com".to_owned()),
            Just("INCIDENTE".to_owned()),
        ]
    }

    fn any_value() -> impl Strategy<Value = Value<'static>> {
        prop_oneof![
            8 => any_text().prop_map(Value::from),
            1 => Just(Value::Absent),
            1 => any::<bool>().prop_map(Value::from),
            1 => prop_oneof![Just(Value::Other), Just(Value::LoneSurrogate), Just(Value::Repeated)],
        ]
    }

    proptest! {
        /// What is told in passing is what is told with care.
        #[test]
        fn prop_a_draft_that_is_only_checked_is_judged_as_one_that_becomes_a_ticket(
            changes in prop::collection::vec((0..Field::COUNT, any_value()), 0..3),
            is_strict: bool,
        ) {
            let strict = r#"{ "campos": { "asunto": { "requerido": true, "min": 5, "max": 80 }, "nombre": { "min": 4 } },
                "prioridades": { "soloConocidas": true }, "areas": { "soloConocidas": true } }"#;
            let rules = if is_strict { Rules::from_json(strict).unwrap() } else { Rules::default() };
            let mut draft = valid();
            for (index, value) in changes {
                draft.set(FIELDS[index].field, value);
            }
            let careful = draft.check_with_care(&rules);
            prop_assert_eq!(draft.check(&rules), careful.clone());
            prop_assert_eq!(draft.validate(&rules).map(|_| ()), careful);
            for spec in &FIELDS {
                let (check, value) = (Check { draft: &draft, rules: &rules }, draft.get(spec.field));
                let checked = check_field(spec.field, value, &rules);
                prop_assert!(!check.is_plainly_right(spec.field) || checked.is_ok());
                if let Some(text) = check.plain_text(spec.field, value) {
                    prop_assert_eq!(checked, Ok(Checked::Text(text)));
                }
            }
        }

        /// Seed values with some replaced by anything at all.
        #[test]
        fn prop_a_valid_ticket_validates_to_itself(
            changes in prop::collection::vec((0..Field::COUNT, any_value()), 0..5),
        ) {
            let rules = Rules::default();
            let mut draft = valid();
            for (index, value) in changes {
                draft.set(FIELDS[index].field, value);
            }
            match draft.validate(&rules) {
                Ok(ticket) => prop_assert_eq!(Draft::from(&ticket).validate(&rules), Ok(ticket.clone())),
                Err(violations) => for locale in Locale::ALL {
                    for rendered in violations.render(locale) {
                        prop_assert!(!rendered.message.is_empty());
                    }
                },
            }
        }

        #[test]
        fn prop_no_octets_make_it_panic(json in prop::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(draft) = Draft::from_json(&json) {
                let _ = draft.validate(&Rules::default());
            }
        }

        /// What JSON carries is what arrives.
        #[test]
        fn prop_json_carries_every_text(text in any_text(), escaped: bool) {
            let mut quoted = serde_json::to_string(&text).unwrap();
            if escaped {
                let units: Vec<_> = text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
                quoted = format!("\"{}\"", units.concat());
            }
            let json = format!("{{\"asunto\":{quoted}}}");
            let draft = Draft::from_json(json.as_bytes()).unwrap();
            prop_assert_eq!(draft.get(Field::Subject), &Value::from(text.as_str()));
        }
    }
}
