//! A field of a form, and the summary of what is wrong with all of them.

use maud::{Markup, html};
use ticketing_core::violation::RenderedViolation;

use super::texts::Texts;

/// What surrounds a control: its label, its help, its error. The control names `{id}-help` and `{id}-error`.
pub(super) struct Field<'a> {
    pub(super) id: &'a str,
    pub(super) label: &'a str,
    pub(super) help: &'a str,
    pub(super) is_required: bool,
    pub(super) error: Option<&'a str>,
}

impl Field<'_> {
    pub(super) fn render(&self, texts: &Texts, control: &Markup) -> Markup {
        let Self { id, label, help, is_required, .. } = self;
        html! {
            div.field #{ (id) "-field" } {
                label for=(id) {
                    (label)
                    @if !is_required { " " span.optional { (texts.optional) } }
                }
                p.help #{ (id) "-help" } { (help) }
                (self.error_line())
                (control)
            }
        }
    }

    /// A control that stands before its label.
    pub(super) fn render_checkbox(&self, control: &Markup) -> Markup {
        let Self { id, label, help, .. } = self;
        html! {
            div.field.check #{ (id) "-field" } {
                (control)
                label for=(id) { (label) }
                p.help #{ (id) "-help" } { (help) }
                (self.error_line())
            }
        }
    }

    /// There also where there is no error: scripts fill it in, and the control's description refers to it.
    fn error_line(&self) -> Markup {
        html! { p.error #{ (self.id) "-error" } hidden[self.error.is_none()] { (self.error.unwrap_or_default()) } }
    }

    pub(super) fn described_by(&self) -> String {
        format!("{id}-error {id}-help", id = self.id)
    }

    pub(super) fn is_invalid(&self) -> Option<&'static str> {
        self.error.map(|_| "true")
    }
}

/// What is wrong, each with a link to its field. There also where nothing is: scripts fill it in.
///
/// `general`: what is wrong with no field in particular. `label`: what a field is called.
pub(super) fn summary<'a>(
    texts: &Texts,
    violations: &[RenderedViolation],
    general: Option<&str>,
    label: impl Fn(&'static str) -> &'a str,
) -> Markup {
    let is_empty = violations.is_empty() && general.is_none();
    let title = match violations.len() {
        0 => texts.problem.to_owned(),
        1 => texts.problem_one.to_owned(),
        count => texts.problem_many.replace("{n}", &count.to_string()),
    };
    html! {
        div.summary #summary role="alert" tabindex="-1" hidden[is_empty] {
            @if !is_empty {
                h2 { (title) }
                @if let Some(general) = general { p { (general) } }
                @if !violations.is_empty() {
                    ul {
                        @for violation in violations {
                            li { a href={ "#" (violation.field) } { (label(violation.field)) ": " (violation.message) } }
                        }
                    }
                }
            }
        }
    }
}

/// What is wrong with a field.
pub(super) fn error<'a>(violations: &'a [RenderedViolation], field: &str) -> Option<&'a str> {
    violations.iter().find(|violation| violation.field == field).map(|violation| violation.message.as_str())
}
