//! `/api/auth`: logging in, and who may.

mod login;
mod password;
mod tokens;
mod users;

pub(crate) use self::{
    login::login,
    password::change as change_password,
    tokens::{create as create_token, list as list_tokens, revoke as revoke_token},
    users::{change as change_user, create as create_user, delete as delete_user, list as list_users},
};
#[cfg(feature = "cli")]
pub(crate) use self::{tokens::AccessToken, users::Account};
