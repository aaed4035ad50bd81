//! `/consulta`: the look-up, and the requester's answer.

use maud::{Markup, html};
use ticketing_core::{
    Comment, LookUp, Rules, Status,
    limits::{MENSAJE_CHARS_MAX, MENSAJE_CHARS_MIN},
    sla::ClockState,
    ticket::{Action, Role},
    violation::RenderedViolation,
};

use super::{
    document::{Document, Page},
    field::{self, Field},
    form::Form,
    names,
    texts::{Texts, texts},
    visit::Visit,
    when::when,
};
use crate::{
    Engine, EngineError, PublicTicket,
    http::{ApiError, Call, Response},
    store::Store,
};

/// Stands in the answer's form and not in the look-up's.
const MESSAGE: &str = "mensaje";

/// `GET /consulta`: the form, with the label that a link carries.
pub(crate) async fn show<S: Store>(call: Call<S>) -> Result<Response, ApiError> {
    let (visit, rules) = (call.visit(), call.engine().rules());
    let label = call.query("label").unwrap_or_default();
    Ok(form_document(visit, &rules, &label, "", &[], None).answer())
}

/// `POST /consulta`: the ticket. With `mensaje`, the requester's answer to it first.
pub(crate) async fn submit<S: Store>(mut call: Call<S>) -> Result<Response, ApiError> {
    let (visit, rules) = (call.visit(), call.engine().rules());
    let form = Form::parse(&call.form_body().await?);
    let json = form.json(&[]);
    let look_up = match LookUp::from_json(&json) {
        Ok(look_up) => look_up,
        Err(error) => {
            let error = ApiError::from(error);
            let violations = error.violations(visit.locale);
            let (label, email) = (form.text("label"), form.text("email"));
            return Ok(form_document(visit, &rules, label, email, &violations, None).error(error));
        }
    };
    call.limit_email(&look_up.email)?;

    let refused = match form.get(MESSAGE) {
        Some(_) => answer(call.engine(), &json).await.err(),
        None => None,
    };
    let ticket = match call.engine().look_up(&look_up).await {
        Ok(ticket) => ticket,
        Err(EngineError::NotFound) => {
            // The same octets for a wrong label and a wrong address: nothing of what was sent comes back.
            let not_found = Some(texts(visit.locale).not_found);
            return Ok(form_document(visit, &rules, "", "", &[], not_found).error(ApiError::TicketNotFound));
        }
        Err(error) => return Err(error.into()),
    };
    let answered = match (&refused, form.get(MESSAGE)) {
        (Some(error), _) => Answered::Refused { error, message: form.text(MESSAGE) },
        (None, Some(_)) => Answered::Stored,
        (None, None) => Answered::No,
    };
    let main = View { visit, rules: &rules, ticket: &ticket, answered }.render();
    let document = Document { visit, page: Page::LookUp, title: &ticket.record.label.to_string(), main };
    Ok(match refused {
        Some(error) => document.error(error),
        None => document.answer_privately(),
    })
}

async fn answer<S: Store>(engine: &Engine<S>, json: &[u8]) -> Result<(), ApiError> {
    let comment = Comment::from_json(json)?;
    Ok(engine.comment(comment).await?)
}

fn form_document(
    visit: Visit,
    rules: &Rules,
    label: &str,
    email: &str,
    violations: &[RenderedViolation],
    not_found: Option<&str>,
) -> Document<'static> {
    let texts = texts(visit.locale);
    let example = rules.labels().label(2026, 142).map(|label| label.to_string()).unwrap_or_default();
    let label_help = texts.label_help.replace("{label}", &example);
    let name = |field: &'static str| match field {
        "label" => texts.label,
        "email" => texts.email,
        other => other,
    };
    let fields = [
        (
            Field { id: "label", label: texts.label, help: &label_help, is_required: true, error: None },
            label,
            "off",
            "text",
        ),
        (
            Field { id: "email", label: texts.email, help: texts.email_help, is_required: true, error: None },
            email,
            "email",
            "email",
        ),
    ];
    let main = html! {
        div.narrow {
            div.intro {
                h1 { (texts.look_up_title) }
                p.lead { (texts.look_up_lead) }
            }
            (field::summary(texts, violations, not_found, name))
            form.card #form method="post" action=(visit.link(Page::LookUp)) novalidate data-enhance {
                div.fields {
                    @for (field, value, autocomplete, kind) in fields {
                        @let field = Field { error: field::error(violations, field.id), ..field };
                        (field.render(texts, &html! {
                            input type=(kind) id=(field.id) name=(field.id) value=(value) autocomplete=(autocomplete)
                                spellcheck="false" autocapitalize="off" required aria-describedby=(field.described_by())
                                aria-invalid=[field.is_invalid()];
                        }))
                    }
                }
                div.actions { button.button type="submit" { (texts.search) } }
            }
        }
    };
    Document { visit, page: Page::LookUp, title: texts.look_up_title, main }
}

/// What became of the answer that came with the look-up.
enum Answered<'a> {
    No,
    Stored,
    Refused { error: &'a ApiError, message: &'a str },
}

/// A ticket as its requester sees it.
struct View<'a> {
    visit: Visit,
    rules: &'a Rules,
    ticket: &'a PublicTicket,
    answered: Answered<'a>,
}

impl View<'_> {
    fn render(&self) -> Markup {
        let locale = self.visit.locale;
        let texts = texts(locale);
        let record = &self.ticket.record;
        let title = record.intake.subject.as_deref().or(record.attributes.category.as_deref()).unwrap_or_default();
        let violations = match &self.answered {
            Answered::Refused { error, .. } => error.violations(locale),
            _ => vec![],
        };
        let general = match &self.answered {
            Answered::Refused { error, .. } if violations.is_empty() => Some(error.detail(locale)),
            _ => None,
        };
        html! {
            div.ticket {
                @if matches!(self.answered, Answered::Stored) {
                    p.notice.good #notice role="status" tabindex="-1" { (texts.answered) }
                }
                (field::summary(texts, &violations, general.as_deref(), |_| texts.answer))
                header.ticket-head {
                    p.ticket-label { (record.label.to_string()) }
                    h1 #ticket-title tabindex="-1" { (title) }
                    p {
                        span.visually-hidden { (texts.status) ": " }
                        span.pill data-status=(record.status.name()) { (names::status(record.status, locale)) }
                    }
                }
                div.columns {
                    div {
                        (self.timeline(texts))
                        @if let Some(reply) = &record.reply {
                            section.card.reply {
                                h2 { (texts.reply) }
                                p.prose { (reply) }
                            }
                        }
                        (self.answer_form(texts, &violations))
                    }
                    (self.details(texts))
                }
                p { a.button.secondary href=(self.visit.link(Page::LookUp)) { (texts.search_another) } }
            }
        }
    }

    fn timeline(&self, texts: &Texts) -> Markup {
        let zone = self.rules.zone();
        let record = &self.ticket.record;
        html! {
            section.card {
                h2 { (texts.timeline) }
                ol.timeline {
                    li.done {
                        p.what { (texts.created) }
                        p.when { (when(record.created_at, zone)) }
                    }
                    @if record.last.action != Action::Opened { (self.last_event(texts)) }
                    @if let Some(due_at) = self.ticket.due_at {
                        @let state = match self.ticket.clock {
                            Some(ClockState::Breached) => Some(("breached", texts.due_breached)),
                            // A ticket that is over has no time left to speak of.
                            _ if record.status.is_finished() => None,
                            Some(ClockState::Running) => Some(("running", texts.due_running)),
                            Some(ClockState::Paused) => Some(("paused", texts.due_paused)),
                            Some(ClockState::Met) | None => None,
                        };
                        li.ahead data-clock=[state.map(|(name, _)| name)] {
                            p.what { (texts.due) }
                            p.when { (when(due_at, zone)) }
                            @if let Some((_, about)) = state { p.state { (about) } }
                        }
                    }
                }
            }
        }
    }

    fn last_event(&self, texts: &Texts) -> Markup {
        let locale = self.visit.locale;
        let record = &self.ticket.record;
        let last = &record.last;
        let author = if last.author.role == Role::Requester { texts.by_you } else { texts.by_desk };
        let status = |status: Option<Status>| status.map(|status| names::status(status, locale));
        let priority = |name: &Option<String>| name.as_deref().map(|name| names::priority(name, locale).to_owned());
        let changes = [
            (
                texts.changed_status,
                status(last.status.before).map(String::from),
                status(last.status.after).map(String::from),
            ),
            (texts.changed_priority, priority(&last.priority.before), priority(&last.priority.after)),
            (texts.changed_area, last.area.before.clone(), last.area.after.clone()),
        ];
        html! {
            li.now {
                p.what { (names::action(last.action, locale)) " · " (author) }
                p.when { (when(last.recorded_at, self.rules.zone())) }
                @for (text, before, after) in changes.iter().filter(|(_, before, after)| before != after) {
                    @let shown = |value: &Option<String>| value.as_deref().unwrap_or(texts.nothing).to_owned();
                    p.change { (text.replace("{a}", &shown(before)).replace("{b}", &shown(after))) }
                }
                @if let Some(text) = &record.last_text { p.prose { (text) } }
            }
        }
    }

    fn answer_form(&self, texts: &Texts, violations: &[RenderedViolation]) -> Markup {
        let record = &self.ticket.record;
        let email = record.intake.requester.as_ref().map_or("", |requester| requester.email.as_str());
        let Some(next) = self.ticket.after_comment else {
            return html! { section.card { h2 { (texts.answer) } p.muted { (texts.answer_closed) } } };
        };
        let [min, max] = [MENSAJE_CHARS_MIN, MENSAJE_CHARS_MAX].map(|limit| limit.to_string());
        let mut help = texts.answer_help.replace("{min}", &min).replace("{max}", &max);
        if record.status.is_finished() && next.is_open() {
            help = format!("{help} {}", texts.answer_reopens);
        }
        let message = match self.answered {
            Answered::Refused { message, .. } => message,
            _ => "",
        };
        let field = Field {
            id: MESSAGE,
            label: texts.answer,
            help: &help,
            is_required: true,
            error: field::error(violations, MESSAGE),
        };
        html! {
            form.card method="post" action=(self.visit.link(Page::LookUp)) novalidate data-enhance {
                input type="hidden" name="label" value=(record.label.to_string());
                input type="hidden" name="email" value=(email);
                (field.render(texts, &html! {
                    textarea id=(MESSAGE) name=(MESSAGE) rows="4" required minlength=(min) data-max=(max)
                        aria-describedby=(field.described_by()) aria-invalid=[field.is_invalid()] { "\n" (message) }
                }))
                div.actions { button.button type="submit" { (texts.answer_go) } }
            }
        }
    }

    fn details(&self, texts: &Texts) -> Markup {
        use ticketing_core::Field as F;

        let locale = self.visit.locale;
        let record = &self.ticket.record;
        let (attributes, intake) = (&record.attributes, &record.intake);
        let requester = intake.requester.as_ref();
        let flag = |flag: bool| if flag { texts.yes } else { texts.no };
        let rows = [
            (F::Type, attributes.ticket_type.as_deref().map(|name| names::ticket_type(name, locale))),
            (F::Priority, attributes.priority.as_deref().map(|name| names::priority(name, locale))),
            (F::Category, attributes.category.as_deref()),
            (F::Subcategory, attributes.subcategory.as_deref()),
            (F::Area, Some(attributes.area.as_str())),
            (F::Name, requester.map(|requester| requester.name.as_str())),
            (F::Email, requester.map(|requester| requester.email.as_str())),
            (F::Phone, requester.and_then(|requester| requester.phone.as_deref())),
            (F::HasWhatsapp, requester.filter(|requester| requester.phone.is_some()).map(|r| flag(r.has_whatsapp))),
            (F::Document, requester.and_then(|requester| requester.document.as_deref())),
            (F::Company, requester.and_then(|requester| requester.company.as_deref())),
            (F::Description, intake.description.as_deref()),
        ];
        html! {
            section.card.details {
                h2 { (texts.details) }
                dl {
                    @for (field, value) in rows {
                        @if let Some(value) = value {
                            div { dt { (field.spec().label(locale)) } dd.prose[field == F::Description] { (value) } }
                        }
                    }
                }
            }
        }
    }
}
