//! `/solicitud`: the ticket form.

use maud::{Markup, html};
use ticketing_core::{
    Field, Locale, Rules, Timestamp,
    field::{FieldSpec, Kind},
    violation::RenderedViolation,
};
use uuid::Uuid;

use super::{
    document::{Document, Page},
    field::{self, Field as FormField},
    form::Form,
    names,
    texts::{Texts, texts},
    visit::Visit,
    when::when,
};
use crate::{
    IdempotencyKey,
    api::tickets::create_from,
    http::{ApiError, Call, Response},
    store::Store,
};

/// The hidden field with the form's idempotency key.
const KEY: &str = "clave";

/// How the fields are laid out.
const REQUEST: [Field; 7] = [
    Field::Type,
    Field::Priority,
    Field::Category,
    Field::Subcategory,
    Field::Subject,
    Field::Area,
    Field::Description,
];
const PERSON: [Field; 6] =
    [Field::Name, Field::Email, Field::Phone, Field::HasWhatsapp, Field::Document, Field::Company];

/// `GET /solicitud`: the form, empty.
pub(crate) async fn show<S: Store>(call: Call<S>) -> Result<Response, ApiError> {
    let (visit, rules) = (call.visit(), call.engine().rules());
    let (form, key) = (Form::default(), fresh_key());
    let sheet = Sheet { visit, rules: &rules, form: &form, key: &key, violations: vec![], general: None };
    Ok(sheet.document().answer())
}

/// `POST /solicitud`: the label, or the form with what is wrong beside its fields and everything in it that was written.
pub(crate) async fn submit<S: Store>(mut call: Call<S>) -> Result<Response, ApiError> {
    let (visit, rules) = (call.visit(), call.engine().rules());
    let form = Form::parse(&call.form_body().await?);
    let json = form.json(&[Field::HasWhatsapp.name()]);
    let key = match form.get(KEY) {
        Some(key) => Some(IdempotencyKey::new(key, &json).map_err(|_| ApiError::InvalidHeader("Idempotency-Key"))?),
        None => None,
    };

    let error = match create_from(&mut call, &json, key).await {
        Ok(created) => {
            let texts = texts(visit.locale);
            let main = created_card(visit, &rules, &created.label.to_string(), created.due_at);
            let document = Document { visit, page: Page::Request, title: texts.created_title, main };
            return Ok(document.answer_privately());
        }
        Err(error) => error,
    };
    let texts = texts(visit.locale);
    let violations = error.violations(visit.locale);
    let general = match &error {
        ApiError::KeyReused => Some(texts.key_reused.to_owned()),
        ApiError::KeyInFlight => Some(texts.key_in_flight.to_owned()),
        _ => violations.is_empty().then(|| error.detail(visit.locale)),
    };
    // A key that belongs to a ticket already would refuse this form for ever.
    let key = form.get(KEY).filter(|_| !matches!(error, ApiError::KeyReused)).map_or_else(fresh_key, String::from);
    let sheet = Sheet { visit, rules: &rules, form: &form, key: &key, violations, general };
    Ok(sheet.document().error(error))
}

/// Version 7 has 74 random bits: nobody else comes upon it.
fn fresh_key() -> String {
    Uuid::now_v7().to_string()
}

/// The form, empty or as it was sent.
struct Sheet<'a> {
    visit: Visit,
    rules: &'a Rules,
    form: &'a Form,
    key: &'a str,
    violations: Vec<RenderedViolation>,
    general: Option<String>,
}

impl<'a> Sheet<'a> {
    fn document(&self) -> Document<'a> {
        let texts = texts(self.visit.locale);
        Document { visit: self.visit, page: Page::Request, title: texts.form_title, main: self.render(texts) }
    }

    fn render(&self, texts: &Texts) -> Markup {
        let locale = self.visit.locale;
        let label = |name: &'static str| Field::from_name(name).map_or(name, |field| field.spec().label(locale));
        let was_sent = !self.violations.is_empty() || self.general.is_some();
        html! {
            div.intro {
                h1 { (texts.form_title) }
                p.lead { (texts.form_lead) }
            }
            (field::summary(texts, &self.violations, self.general.as_deref(), label))
            // Scripts tell here what becomes of a request that waits to be sent.
            div.notice #notice role="status" hidden {}
            // The browser's own bubbles show one error at a time, in its language and not the page's.
            form #form method="post" action=(self.visit.link(Page::Request)) novalidate data-sent[was_sent] {
                input type="hidden" name=(KEY) value=(self.key);
                (self.section(texts, texts.section_request, &REQUEST))
                (self.section(texts, texts.section_person, &PERSON))
                div.actions {
                    p.deadline #deadline hidden {}
                    button.button #submit type="submit" aria-describedby="deadline" { (texts.submit) }
                    button.button.quiet #start-over type="button" hidden { (texts.start_over) }
                }
            }
            // The same page that is answered without scripts, for them to fill in.
            template #created { (created_card(self.visit, self.rules, "", Some(Timestamp::MIN))) }
        }
    }

    fn section(&self, texts: &Texts, title: &str, fields: &[Field]) -> Markup {
        html! {
            fieldset.card {
                legend { (title) }
                div.fields {
                    @for field in fields { (self.field(texts, field.spec())) }
                }
            }
        }
    }

    fn field(&self, texts: &Texts, spec: &FieldSpec) -> Markup {
        let (locale, rule) = (self.visit.locale, self.rules.field(spec.field));
        let (name, value) = (spec.name, self.form.text(spec.name));
        let is_required = self.rules.is_required(spec.field);
        let field = FormField {
            id: name,
            label: spec.label(locale),
            help: spec.help(locale),
            is_required,
            error: field::error(&self.violations, name),
        };
        let (described_by, is_invalid) = (field.described_by(), field.is_invalid());
        if spec.kind == Kind::Flag {
            return field.render_checkbox(&html! {
                input type="checkbox" id=(name) name=(name) checked[self.form.is_ticked(name)]
                    aria-describedby=(described_by) aria-invalid=[is_invalid];
            });
        }
        let options = options(self.rules, spec.field, locale);
        let control = if options.is_empty() {
            // No `maxlength`: it counts UTF-16 units and cuts off what is pasted without a word.
            html! {
                @if matches!(spec.kind, Kind::Text { multiline: true, .. }) {
                    textarea id=(name) name=(name) rows="7" required[is_required] minlength=[rule.min] data-max=[rule.max]
                        aria-describedby=(described_by) aria-invalid=[is_invalid] { "\n" (value) }
                    p.count #{ (name) "-count" } hidden {}
                } @else {
                    input type=(input_type(spec.field)) id=(name) name=(name) value=(value)
                        autocomplete=[autocomplete(spec.field)] required[is_required] minlength=[rule.min]
                        data-max=[rule.max] aria-describedby=(described_by) aria-invalid=[is_invalid];
                }
            }
        } else {
            let is_known = options.iter().any(|(option, _)| *option == value);
            html! {
                select id=(name) name=(name) required[is_required] aria-describedby=(described_by)
                    aria-invalid=[is_invalid] {
                    option value="" { @if is_required { (texts.choose) } @else { (texts.any_area) } }
                    @for (option, shown) in &options { option value=(option) selected[*option == value] { (shown) } }
                    // What was sent is shown again, whatever it is.
                    @if !value.is_empty() && !is_known { option value=(value) selected { (value) } }
                }
            }
        };
        field.render(texts, &control)
    }
}

/// What the rules offer to choose from: value and name. Nothing where anything may be written.
fn options(rules: &Rules, field: Field, locale: Locale) -> Vec<(&str, &str)> {
    let shown = |name| match field {
        Field::Type => names::ticket_type(name, locale),
        Field::Priority => names::priority(name, locale),
        _ => name,
    };
    rules.options(field).into_iter().map(|name| (name, shown(name))).collect()
}

const fn input_type(field: Field) -> &'static str {
    match field {
        Field::Email => "email",
        Field::Phone => "tel",
        _ => "text",
    }
}

/// What the browser may know of the person.
const fn autocomplete(field: Field) -> Option<&'static str> {
    match field {
        Field::Name => Some("name"),
        Field::Email => Some("email"),
        Field::Phone => Some("tel"),
        Field::Company => Some("organization"),
        _ => None,
    }
}

/// What is said after success. Without a label and with some instant it is what scripts fill in.
fn created_card(visit: Visit, rules: &Rules, label: &str, due_at: Option<Timestamp>) -> Markup {
    let texts = texts(visit.locale);
    html! {
        section.card.success aria-labelledby="created-title" {
            h1 #created-title tabindex="-1" { (texts.created_title) }
            p { (texts.created_lead) }
            p.label {
                span.caption { (texts.label) }
                output data-slot="label" { (label) }
                button.button.secondary type="button" data-copy hidden { (texts.copy) }
            }
            p.muted data-slot="note" hidden {}
            @if let Some(due_at) = due_at {
                p data-slot="due" { (texts.due_before) " " strong { (when(due_at, rules.zone())) } "." }
            }
            // The label is carried on: it says nothing to whoever does not know the address.
            form.follow method="get" action=(visit.path(Page::LookUp.path())) {
                input type="hidden" name="label" value=(label) data-slot="value";
                input type="hidden" name="lang" value=(visit.locale.code());
                button.button type="submit" { (texts.follow) }
                a.button.quiet href=(visit.link(Page::Request)) { (texts.another) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use ticketing_core::field::FIELDS;

    use super::*;

    #[test]
    fn every_field_of_the_table_has_its_place() {
        let placed: Vec<_> = [REQUEST.as_slice(), &PERSON].concat();
        assert_eq!(placed.len(), FIELDS.len());
        assert!(FIELDS.iter().all(|spec| placed.contains(&spec.field)));
    }
}
