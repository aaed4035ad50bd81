//! What is wrong with an input: field, stable code, parameters, and a message in the reader's language.

use core::fmt;
use std::sync::Arc;

use serde::Serialize;

use crate::{
    Field, Locale,
    email::EmailError,
    subscription::{HeaderError, UrlError},
};

/// One broken rule of one field.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Violation {
    /// The field's name on the wire; empty for the body as a whole.
    pub field: &'static str,
    /// The rule that it breaks.
    pub problem: Problem,
}

/// A broken rule. Every variant has a stable kebab-case [`code`](Self::code).
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Problem {
    /// It must be given: it is missing, null, or empty after trimming.
    Required,
    /// It is another type of JSON value than it should be.
    WrongType {
        /// What it should be.
        expected: JsonType,
    },
    /// The member stands in its object more than once.
    Repeated,
    /// It has half of a surrogate pair, which is no text.
    InvalidUnicode,
    /// It has a control character, or a line break where there may be none.
    ControlCharacter {
        /// Where, in characters from 1 after trimming.
        position: u32,
    },
    /// It has too few characters.
    TooShort {
        /// Fewest characters allowed.
        min: u32,
        /// Characters after trimming.
        actual: u32,
    },
    /// It has too many characters.
    TooLong {
        /// Most characters allowed.
        max: u32,
        /// Characters after trimming.
        actual: u32,
    },
    /// It is not an e-mail address.
    InvalidEmail {
        /// Why not.
        reason: EmailError,
    },
    /// It is none of the values that there are.
    UnknownValue {
        /// The values that there are: the rules' own list, which nobody changes.
        allowed: Arc<[String]>,
    },
    /// It is the id of nothing that there is.
    UnknownReference,
    /// It is no instant.
    InvalidDate,
    /// It is an instant that is still to come.
    InFuture,
    /// It is an instant out of order: before what must have come first.
    OutOfOrder,
    /// A ticket in this status has no such date.
    NotOfStatus,
    /// There are too many of them.
    TooMany {
        /// Most of them.
        max: u32,
    },
    /// It is no instant that is still to come, or one that is too far off.
    InvalidExpiry {
        /// Most days until then.
        days_max: u32,
    },
    /// It names no active agent who works the ticket's area.
    UnavailableAgent,
    /// It is not the password that the user has.
    WrongPassword,
    /// It is no address that webhooks can be sent to.
    InvalidUrl {
        /// Why not.
        reason: UrlError,
    },
    /// They are no headers that can be sent.
    InvalidHeaders {
        /// Why not.
        reason: HeaderError,
    },
}

/// A type of JSON value.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum JsonType {
    /// `"…"`
    String,
    /// `true` or `false`
    Boolean,
    /// `{…}`
    Object,
    /// `142`
    Integer,
    /// `[…]`
    Array,
}

impl JsonType {
    /// The name that JSON Schema gives it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Boolean => "boolean",
            Self::Object => "object",
            Self::Integer => "integer",
            Self::Array => "array",
        }
    }
}

/// A violation as every surface shows it.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct RenderedViolation {
    /// The field's name on the wire; empty for the body as a whole.
    pub field: &'static str,
    /// Stable, kebab-case.
    pub code: &'static str,
    /// One line, in the reader's language, with the limit in it.
    pub message: String,
    /// What the message says, for programs.
    pub params: Params,
}

/// The parameters of a violation, by name.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Params(Vec<(&'static str, Param)>);

/// The value of a parameter.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(untagged)]
pub enum Param {
    /// A count of characters, or a position.
    Number(u32),
    /// A stable name.
    Name(&'static str),
    /// Values to choose from.
    Values(Vec<String>),
}

impl Params {
    /// Names and values, in the order of the message.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &Param)> {
        self.0.iter().map(|(name, value)| (*name, value))
    }
}

impl Serialize for Params {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl Violation {
    /// The violation with its message in a language.
    pub fn render(&self, locale: Locale) -> RenderedViolation {
        RenderedViolation {
            field: self.field,
            code: self.problem.code(),
            message: self.problem.message(locale),
            params: self.problem.params(),
        }
    }
}

impl Problem {
    /// The stable kebab-case name of the rule.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::WrongType { .. } => "wrong-type",
            Self::Repeated => "repeated",
            Self::InvalidUnicode => "invalid-unicode",
            Self::ControlCharacter { .. } => "control-character",
            Self::TooShort { .. } => "too-short",
            Self::TooLong { .. } => "too-long",
            Self::InvalidEmail { .. } => "invalid-email",
            Self::UnknownValue { .. } => "unknown-value",
            Self::UnknownReference => "unknown-reference",
            Self::InvalidDate => "invalid-date",
            Self::InFuture => "in-future",
            Self::OutOfOrder => "out-of-order",
            Self::NotOfStatus => "not-of-status",
            Self::TooMany { .. } => "too-many",
            Self::InvalidExpiry { .. } => "invalid-expiry",
            Self::UnavailableAgent => "unavailable-agent",
            Self::WrongPassword => "wrong-password",
            Self::InvalidUrl { .. } => "invalid-url",
            Self::InvalidHeaders { .. } => "invalid-headers",
        }
    }

    /// What the message says, for programs.
    pub fn params(&self) -> Params {
        Params(match self {
            Self::Required
            | Self::Repeated
            | Self::InvalidUnicode
            | Self::UnknownReference
            | Self::InvalidDate
            | Self::InFuture
            | Self::OutOfOrder
            | Self::NotOfStatus
            | Self::UnavailableAgent
            | Self::WrongPassword => vec![],
            Self::TooMany { max } => vec![("max", Param::Number(*max))],
            Self::WrongType { expected } => vec![("expected", Param::Name(expected.name()))],
            Self::ControlCharacter { position } => vec![("position", Param::Number(*position))],
            Self::TooShort { min, actual } => vec![("min", Param::Number(*min)), ("actual", Param::Number(*actual))],
            Self::TooLong { max, actual } => vec![("max", Param::Number(*max)), ("actual", Param::Number(*actual))],
            Self::InvalidEmail { reason } => vec![("reason", Param::Name(reason.reason()))],
            Self::InvalidExpiry { days_max } => vec![("max", Param::Number(*days_max))],
            Self::UnknownValue { allowed } => vec![("allowed", Param::Values(allowed.to_vec()))],
            Self::InvalidUrl { reason } => vec![("reason", Param::Name(reason.reason()))],
            Self::InvalidHeaders { reason } => vec![("reason", Param::Name(reason.reason()))],
        })
    }

    /// One line in the reader's words. It does not name the field, so that it can stand beside it.
    pub fn message(&self, locale: Locale) -> String {
        use Locale::{En, Es, Pt};
        match self {
            Self::Required => match locale {
                Es => "Este dato es obligatorio.".into(),
                En => "This field is required.".into(),
                Pt => "Este campo é obrigatório.".into(),
            },
            Self::WrongType { expected } => wrong_type(*expected, locale).into(),
            Self::Repeated => match locale {
                Es => "Este dato aparece más de una vez.".into(),
                En => "This field is given more than once.".into(),
                Pt => "Este campo aparece mais de uma vez.".into(),
            },
            Self::InvalidUnicode => match locale {
                Es => "El texto contiene medio carácter Unicode (un sustituto suelto).".into(),
                En => "The text contains half a Unicode character (a lone surrogate).".into(),
                Pt => "O texto contém meio caractere Unicode (um substituto isolado).".into(),
            },
            Self::ControlCharacter { position } => match locale {
                Es => format!("El carácter {position} no se permite aquí (carácter de control o salto de línea)."),
                En => format!("Character {position} is not allowed here (a control character or line break)."),
                Pt => {
                    format!("O caractere {position} não é permitido aqui (caractere de controle ou quebra de linha).")
                }
            },
            Self::TooShort { min, actual } => match locale {
                Es => format!("Escriba al menos {min} caracteres (ahora {actual})."),
                En => format!("Write at least {min} characters (now {actual})."),
                Pt => format!("Escreva pelo menos {min} caracteres (agora {actual})."),
            },
            Self::TooLong { max, actual } => match locale {
                Es => format!("Escriba como máximo {max} caracteres (ahora {actual})."),
                En => format!("Write at most {max} characters (now {actual})."),
                Pt => format!("Escreva no máximo {max} caracteres (agora {actual})."),
            },
            Self::InvalidEmail { reason } => invalid_email(*reason, locale).into(),
            Self::UnknownValue { allowed } => {
                let allowed = allowed.join(", ");
                match locale {
                    Es => format!("Elija uno de estos valores: {allowed}."),
                    En => format!("Choose one of these values: {allowed}."),
                    Pt => format!("Escolha um destes valores: {allowed}."),
                }
            }
            Self::UnknownReference => match locale {
                Es => "No hay nada con ese identificador.".into(),
                En => "There is nothing with that id.".into(),
                Pt => "Não há nada com esse identificador.".into(),
            },
            Self::InvalidDate => match locale {
                Es => "Escriba fecha y hora con su zona, como 2026-03-24T10:15:00.000Z.".into(),
                En => "Write date and time with their zone, such as 2026-03-24T10:15:00.000Z.".into(),
                Pt => "Escreva data e hora com o fuso, como 2026-03-24T10:15:00.000Z.".into(),
            },
            Self::InFuture => match locale {
                Es => "La fecha no puede estar en el futuro.".into(),
                En => "The date cannot be in the future.".into(),
                Pt => "A data não pode estar no futuro.".into(),
            },
            Self::OutOfOrder => match locale {
                Es => "La fecha es anterior a la creación del ticket o a otra que debe ir antes.".into(),
                En => "The date is before the ticket's creation, or before another that must come first.".into(),
                Pt => "A data é anterior à criação do ticket ou a outra que deve vir antes.".into(),
            },
            Self::NotOfStatus => match locale {
                Es => "Un ticket en este estado no tiene esa fecha.".into(),
                En => "A ticket in this status has no such date.".into(),
                Pt => "Um ticket neste status não tem essa data.".into(),
            },
            Self::TooMany { max } => match locale {
                Es => format!("Puede haber {max} como máximo."),
                En => format!("There may be {max} at most."),
                Pt => format!("Pode haver no máximo {max}."),
            },
            Self::InvalidExpiry { days_max } => match locale {
                Es => format!("Escriba un instante futuro, a {days_max} días como máximo: AAAA-MM-DDThh:mm:ssZ."),
                En => format!("Write an instant to come, {days_max} days off at most: YYYY-MM-DDThh:mm:ssZ."),
                Pt => format!("Escreva um instante futuro, a {days_max} dias no máximo: AAAA-MM-DDThh:mm:ssZ."),
            },
            Self::UnavailableAgent => match locale {
                Es => "No hay un agente activo con ese identificador en el área del ticket.".into(),
                En => "There is no active agent with that id in the ticket's area.".into(),
                Pt => "Não há um agente ativo com esse identificador na área do ticket.".into(),
            },
            Self::WrongPassword => match locale {
                Es => "La contraseña no es correcta.".into(),
                En => "The password is not right.".into(),
                Pt => "A senha não está correta.".into(),
            },
            Self::InvalidUrl { reason } => invalid_url(*reason, locale).into(),
            Self::InvalidHeaders { reason } => invalid_headers(*reason, locale).into(),
        }
    }
}

/// In English.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message(Locale::En))
    }
}

impl core::error::Error for Problem {}

const fn wrong_type(expected: JsonType, locale: Locale) -> &'static str {
    use Locale::{En, Es, Pt};
    match (expected, locale) {
        (JsonType::String, Es) => "Debe ser un texto.",
        (JsonType::String, En) => "It must be a text.",
        (JsonType::String, Pt) => "Deve ser um texto.",
        (JsonType::Boolean, Es) => "Debe ser verdadero o falso (true o false).",
        (JsonType::Boolean, En) => "It must be true or false.",
        (JsonType::Boolean, Pt) => "Deve ser verdadeiro ou falso (true ou false).",
        (JsonType::Object, Es) => "Debe ser un objeto JSON.",
        (JsonType::Object, En) => "It must be a JSON object.",
        (JsonType::Object, Pt) => "Deve ser um objeto JSON.",
        (JsonType::Integer, Es) => "Debe ser un número entero.",
        (JsonType::Integer, En) => "It must be a whole number.",
        (JsonType::Integer, Pt) => "Deve ser um número inteiro.",
        (JsonType::Array, Es) => "Debe ser una lista.",
        (JsonType::Array, En) => "It must be a list.",
        (JsonType::Array, Pt) => "Deve ser uma lista.",
    }
}

const fn invalid_email(reason: EmailError, locale: Locale) -> &'static str {
    use Locale::{En, Es, Pt};
    match (reason, locale) {
        (EmailError::MissingAt, Es) => "Al correo le falta la «@».",
        (EmailError::MissingAt, En) => "The e-mail address has no “@”.",
        (EmailError::MissingAt, Pt) => "Falta a “@” no e-mail.",
        (EmailError::LocalEmpty, Es) => "Al correo le falta lo que va antes de la «@».",
        (EmailError::LocalEmpty, En) => "Nothing stands before the “@” of the e-mail address.",
        (EmailError::LocalEmpty, Pt) => "Falta o que vem antes da “@” do e-mail.",
        (EmailError::LocalTooLong, Es) => "Lo que va antes de la «@» del correo pasa de 64 octetos.",
        (EmailError::LocalTooLong, En) => "What stands before the “@” of the e-mail address is longer than 64 octets.",
        (EmailError::LocalTooLong, Pt) => "O que vem antes da “@” do e-mail passa de 64 octetos.",
        (EmailError::LocalDot, Es) => "Antes de la «@» del correo, un punto debe ir entre dos caracteres.",
        (EmailError::LocalDot, En) => "Before the “@” of the e-mail address, a dot must stand between two characters.",
        (EmailError::LocalDot, Pt) => "Antes da “@” do e-mail, um ponto deve ficar entre dois caracteres.",
        (EmailError::LocalCharacter, Es) => "Antes de la «@» del correo hay un carácter que no se permite.",
        (EmailError::LocalCharacter, En) => {
            "Before the “@” of the e-mail address there is a character that is not allowed."
        }
        (EmailError::LocalCharacter, Pt) => "Antes da “@” do e-mail há um caractere que não é permitido.",
        (EmailError::DomainWithoutDot, Es) => "Al dominio del correo le falta un punto, como en «ejemplo.com».",
        (EmailError::DomainWithoutDot, En) => "The domain of the e-mail address has no dot, as in “example.com”.",
        (EmailError::DomainWithoutDot, Pt) => "Falta um ponto no domínio do e-mail, como em “exemplo.com”.",
        (EmailError::DomainLabel, Es) => {
            "Una parte del dominio del correo está vacía, es demasiado larga o empieza o termina con guion."
        }
        (EmailError::DomainLabel, En) => {
            "A part of the e-mail address's domain is empty, too long, or begins or ends with a hyphen."
        }
        (EmailError::DomainLabel, Pt) => {
            "Uma parte do domínio do e-mail está vazia, é longa demais ou começa ou termina com hífen."
        }
        (EmailError::DomainCharacter, Es) => "En el dominio del correo hay un carácter que no se permite.",
        (EmailError::DomainCharacter, En) => "The domain of the e-mail address has a character that is not allowed.",
        (EmailError::DomainCharacter, Pt) => "No domínio do e-mail há um caractere que não é permitido.",
        (EmailError::DomainNumeric, Es) => "El dominio del correo no puede terminar en un número.",
        (EmailError::DomainNumeric, En) => "The domain of the e-mail address cannot end in a number.",
        (EmailError::DomainNumeric, Pt) => "O domínio do e-mail não pode terminar em um número.",
        (EmailError::TooLong, Es) => "El correo pasa de 254 octetos.",
        (EmailError::TooLong, En) => "The e-mail address is longer than 254 octets.",
        (EmailError::TooLong, Pt) => "O e-mail passa de 254 octetos.",
    }
}

const fn invalid_url(reason: UrlError, locale: Locale) -> &'static str {
    use Locale::{En, Es, Pt};
    match (reason, locale) {
        (UrlError::Scheme, Es) => "La dirección debe empezar por https:// o http://.",
        (UrlError::Scheme, En) => "The address must begin with https:// or http://.",
        (UrlError::Scheme, Pt) => "O endereço deve começar com https:// ou http://.",
        (UrlError::Credentials, Es) => "La dirección no puede llevar usuario ni contraseña; use una cabecera.",
        (UrlError::Credentials, En) => "The address may have no user and no password; use a header.",
        (UrlError::Credentials, Pt) => "O endereço não pode ter usuário nem senha; use um cabeçalho.",
        (UrlError::Host, Es) => "El servidor de la dirección no es válido.",
        (UrlError::Host, En) => "The host of the address is not valid.",
        (UrlError::Host, Pt) => "O servidor do endereço não é válido.",
        (UrlError::Port, Es) => "El puerto de la dirección debe ser un número de 1 a 65535.",
        (UrlError::Port, En) => "The port of the address must be a number from 1 to 65535.",
        (UrlError::Port, Pt) => "A porta do endereço deve ser um número de 1 a 65535.",
        (UrlError::Fragment, Es) => "La dirección no puede llevar «#».",
        (UrlError::Fragment, En) => "The address may have no “#”.",
        (UrlError::Fragment, Pt) => "O endereço não pode ter “#”.",
        (UrlError::Character, Es) => "En la dirección hay un carácter que no se permite; escríbalo con «%».",
        (UrlError::Character, En) => "The address has a character that is not allowed; write it with “%”.",
        (UrlError::Character, Pt) => "O endereço tem um caractere que não é permitido; escreva-o com “%”.",
    }
}

const fn invalid_headers(reason: HeaderError, locale: Locale) -> &'static str {
    use Locale::{En, Es, Pt};
    match (reason, locale) {
        (HeaderError::TooMany, Es) => "Son demasiadas cabeceras: como máximo 20.",
        (HeaderError::TooMany, En) => "There are too many headers: 20 at most.",
        (HeaderError::TooMany, Pt) => "São cabeçalhos demais: no máximo 20.",
        (HeaderError::Name, Es) => "El nombre de una cabecera no es válido.",
        (HeaderError::Name, En) => "The name of a header is not valid.",
        (HeaderError::Name, Pt) => "O nome de um cabeçalho não é válido.",
        (HeaderError::Reserved, Es) => "Una cabecera es del protocolo o de la firma y no se puede cambiar.",
        (HeaderError::Reserved, En) => "A header belongs to the protocol or to the signature and cannot be set.",
        (HeaderError::Reserved, Pt) => "Um cabeçalho é do protocolo ou da assinatura e não pode ser alterado.",
        (HeaderError::Value, Es) => {
            "El valor de una cabecera debe ser un texto en ASCII de una línea, de 4000 caracteres como máximo."
        }
        (HeaderError::Value, En) => {
            "The value of a header must be a text in ASCII, in one line of at most 4000 characters."
        }
        (HeaderError::Value, Pt) => {
            "O valor de um cabeçalho deve ser um texto em ASCII de uma linha, de no máximo 4000 caracteres."
        }
        (HeaderError::Repeated, Es) => "Una cabecera aparece más de una vez.",
        (HeaderError::Repeated, En) => "A header is given more than once.",
        (HeaderError::Repeated, Pt) => "Um cabeçalho aparece mais de uma vez.",
    }
}

/// Everything that is wrong with an input, in field order; at least one violation, and one per field at most: the first
/// rule that the field breaks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Violations(Vec<Violation>);

impl Violations {
    /// The violations of an input, or `None` where there are none.
    pub fn new(violations: Vec<Violation>) -> Option<Self> {
        (!violations.is_empty()).then_some(Self(violations))
    }

    /// A single violation.
    pub fn of(field: &'static str, problem: Problem) -> Self {
        Self(vec![Violation { field, problem }])
    }

    /// The violations in field order.
    pub fn iter(&self) -> core::slice::Iter<'_, Violation> {
        self.0.iter()
    }

    /// Everything in one line for people, each field by its label: `Asunto: Escriba como máximo 200 caracteres (ahora 201).`
    pub fn summary(&self, locale: Locale) -> String {
        let mut summary = String::new();
        for Violation { field, problem } in self {
            if !summary.is_empty() {
                summary.push(' ');
            }
            if !field.is_empty() {
                let label = Field::from_name(field).map_or(*field, |known| known.spec().label(locale));
                summary.push_str(label);
                summary.push_str(": ");
            }
            summary.push_str(&problem.message(locale));
        }
        summary
    }

    /// Each violation with its message in a language.
    pub fn render(&self, locale: Locale) -> Vec<RenderedViolation> {
        self.iter().map(|violation| violation.render(locale)).collect()
    }
}

impl<'a> IntoIterator for &'a Violations {
    type Item = &'a Violation;
    type IntoIter = core::slice::Iter<'a, Violation>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// In English, for logs and programs: `email: required; tipo: unknown-value`.
impl fmt::Display for Violations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, Violation { field, problem }) in self.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            let field = if field.is_empty() { "body" } else { field };
            write!(f, "{separator}{field}: {}", problem.code())?;
        }
        Ok(())
    }
}

impl core::error::Error for Violations {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_names_fields_as_people_know_them() {
        let violations = Violations::new(vec![
            Violation { field: "asunto", problem: Problem::TooLong { max: 200, actual: 201 } },
            Violation { field: "motivo", problem: Problem::Required },
        ]);
        let summary = violations.unwrap().summary(Locale::Es);
        assert_eq!(
            summary,
            "Asunto: Escriba como máximo 200 caracteres (ahora 201). motivo: Este dato es obligatorio."
        );
    }

    #[test]
    fn messages_codes_and_parameters() {
        let problems = [
            Problem::Required,
            Problem::WrongType { expected: JsonType::String },
            Problem::WrongType { expected: JsonType::Boolean },
            Problem::WrongType { expected: JsonType::Object },
            Problem::WrongType { expected: JsonType::Integer },
            Problem::WrongType { expected: JsonType::Array },
            Problem::Repeated,
            Problem::InvalidUnicode,
            Problem::ControlCharacter { position: 7 },
            Problem::TooShort { min: 3, actual: 2 },
            Problem::TooLong { max: 20, actual: 21 },
            Problem::InvalidEmail { reason: EmailError::MissingAt },
            Problem::UnknownValue { allowed: Arc::new(["QUEJA".into(), "CONSULTA".into()]) },
            Problem::UnknownReference,
            Problem::InvalidDate,
            Problem::InFuture,
            Problem::OutOfOrder,
            Problem::NotOfStatus,
            Problem::TooMany { max: 100 },
            Problem::InvalidExpiry { days_max: 3_660 },
            Problem::UnavailableAgent,
            Problem::WrongPassword,
        ];
        let mut table = String::new();
        for problem in problems {
            let violation = Violation { field: "x", problem };
            let [es, en, pt] = Locale::ALL.map(|locale| violation.render(locale));
            table += &format!("{} {}\n", es.code, serde_json::to_string(&es.params).unwrap());
            for rendered in [es, en, pt] {
                assert!(!rendered.message.contains('\n'));
                table += &format!("    {}\n", rendered.message);
            }
        }
        insta::assert_snapshot!(table);
    }
}
