//! What the account endpoints take.

use super::{Password, UserRole};
use crate::{
    EmailAddress, email,
    form::{Form, FormError, flag},
    limits::{
        AREA_CHARS_MAX, NOMBRE_CHARS_MAX, PASSWORD_CHARS_MAX, PASSWORD_CHARS_MIN, TELEFONO_CHARS_MAX,
        USER_NOMBRE_CHARS_MIN,
    },
    members::Value,
    text::TextRule,
    violation::Problem,
};

const NAME: TextRule = TextRule::line(USER_NOMBRE_CHARS_MIN, NOMBRE_CHARS_MAX);
const AREA: TextRule = TextRule::line(1, AREA_CHARS_MAX);
const PHONE: TextRule = TextRule::line(1, TELEFONO_CHARS_MAX);
/// Any that may be right: one that is too short for a new one is a wrong one.
const TYPED_PASSWORD: TextRule = TextRule::line(1, PASSWORD_CHARS_MAX);
const NEW_PASSWORD: TextRule = TextRule::line(PASSWORD_CHARS_MIN, PASSWORD_CHARS_MAX);

/// Who somebody says they are. The address needs not be one: what is none belongs to nobody.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Login {
    /// The e-mail address as typed.
    pub email: String,
    /// The password as typed.
    pub password: Password,
}

impl Login {
    /// Reads `{"email": …, "password": …}`.
    ///
    /// # Errors
    /// [`FormError::Malformed`], or all violations: both are texts and must be given.
    pub fn from_json(json: &[u8]) -> Result<Self, FormError> {
        let mut form = Form::read(json, ["email", "password"])?;
        let email = form.take(|value| value.required_text(email::TYPED).map(str::to_owned));
        let password = form.take(|value| value.required_text(TYPED_PASSWORD).map(Password::new));
        form.finish()?;
        Ok(Self { email, password })
    }

    /// By which addresses compare.
    pub fn email_key(&self) -> String {
        email::key(&self.email)
    }
}

/// A user's new password, and the one they have.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PasswordChange {
    /// The one they have.
    pub current: Password,
    /// The one they want.
    pub new: Password,
}

impl PasswordChange {
    /// The field of the password that they have.
    pub const CURRENT_FIELD: &'static str = "actual";

    /// Reads `{"actual": …, "nueva": …}`.
    ///
    /// # Errors
    /// [`FormError::Malformed`], or all violations: the new one has 6 characters at least.
    pub fn from_json(json: &[u8]) -> Result<Self, FormError> {
        let mut form = Form::read(json, [Self::CURRENT_FIELD, "nueva"])?;
        let current = form.take(|value| value.required_text(TYPED_PASSWORD).map(Password::new));
        let new = form.take(|value| value.required_text(NEW_PASSWORD).map(Password::new));
        form.finish()?;
        Ok(Self { current, new })
    }
}

/// A user to be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewUser {
    pub(super) email: EmailAddress,
    pub(super) name: String,
    pub(super) password: Password,
    pub(super) role: UserRole,
    pub(super) area: Option<String>,
    pub(super) phone: Option<String>,
}

impl NewUser {
    /// Reads `{"email": …, "nombre": …, "password": …, "rol": …, "area": …, "telefono": …}`; the last two may be absent.
    ///
    /// # Errors
    /// [`FormError::Malformed`], or all violations: whoever works one area must have one.
    pub fn from_json(json: &[u8]) -> Result<Self, FormError> {
        let mut form = Form::read(json, ["email", "nombre", "password", "rol", "area", "telefono"])?;
        let email = form.take(|value| email(value)?.ok_or(Problem::Required));
        let name = form.take(|value| value.required_text(NAME).map(str::to_owned));
        let password = form.take(|value| value.required_text(NEW_PASSWORD).map(Password::new));
        let role = form.take(|value| role(value)?.ok_or(Problem::Required));
        let area = form.take(|value| optional(value, AREA));
        let phone = form.take(|value| optional(value, PHONE));
        if role == UserRole::Area && area.is_none() {
            form.refuse("area", Problem::Required);
        }
        form.finish()?;
        Ok(Self { email: EmailAddress::checked(email), name, password, role, area, phone })
    }

    /// Their password, for whoever makes a hash of it.
    pub fn password(&self) -> &Password {
        &self.password
    }
}

/// What is to be changed of a user. An area or a phone number that is null or empty is taken away; anything else that is,
/// is as good as absent, and stays.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct UserPatch {
    pub(super) email: Option<EmailAddress>,
    pub(super) name: Option<String>,
    pub(super) password: Option<Password>,
    pub(super) role: Option<UserRole>,
    pub(super) area: Optional,
    pub(super) phone: Optional,
    pub(super) is_active: Option<bool>,
}

/// What becomes of a text that there need not be.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) enum Optional {
    #[default]
    Stays,
    Becomes(Option<String>),
}

impl Optional {
    pub(super) fn after(self, before: Option<String>) -> Option<String> {
        match self {
            Self::Stays => before,
            Self::Becomes(after) => after,
        }
    }
}

impl UserPatch {
    /// Reads any of `email`, `nombre`, `password`, `rol`, `area`, `telefono` and `is_active`.
    ///
    /// # Errors
    /// [`FormError::Malformed`], or all violations. Whether an area may be taken away is seen by [`User::patched`](super::User::patched).
    pub fn from_json(json: &[u8]) -> Result<Self, FormError> {
        let mut form = Form::read(json, ["email", "nombre", "password", "rol", "area", "telefono", "is_active"])?;
        let email = form.take(email);
        let name = form.take(|value| optional(value, NAME));
        let password = form.take(|value| Ok(value.text(NEW_PASSWORD)?.map(Password::new)));
        let role = form.take(role);
        let area = form.take_given(|value| optional(value, AREA)).map_or(Optional::Stays, Optional::Becomes);
        let phone = form.take_given(|value| optional(value, PHONE)).map_or(Optional::Stays, Optional::Becomes);
        let is_active = form.take(flag);
        form.finish()?;
        Ok(Self { email: email.map(EmailAddress::checked), name, password, role, area, phone, is_active })
    }

    /// A patch that only sets the password, which it reads as a new user's is.
    ///
    /// # Errors
    /// What is wrong with the password.
    pub fn password_only(password: &str) -> Result<Self, Problem> {
        let value = Value::from(password);
        let password = value.required_text(NEW_PASSWORD).map(Password::new)?;
        Ok(Self { password: Some(password), ..Self::default() })
    }

    /// A patch that only says whether they may log in.
    pub fn activity_only(is_active: bool) -> Self {
        Self { is_active: Some(is_active), ..Self::default() }
    }

    /// The password that they are to have, for whoever makes a hash of it.
    pub fn password(&self) -> Option<&Password> {
        self.password.as_ref()
    }
}

fn optional(value: &Value<'_>, rule: TextRule) -> Result<Option<String>, Problem> {
    Ok(value.text(rule)?.map(str::to_owned))
}

fn email(value: &Value<'_>) -> Result<Option<String>, Problem> {
    let Some(address) = value.trimmed()? else { return Ok(None) };
    email::check(address).map_err(|reason| Problem::InvalidEmail { reason })?;
    Ok(Some(address.to_owned()))
}

fn role(value: &Value<'_>) -> Result<Option<UserRole>, Problem> {
    let allowed = || UserRole::ALL.map(|role| role.name().to_owned()).into();
    let Some(name) = value.trimmed()? else { return Ok(None) };
    UserRole::from_name(name).map(Some).ok_or_else(|| Problem::UnknownValue { allowed: allowed() })
}
