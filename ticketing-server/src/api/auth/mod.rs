//! `/api/auth`: logging in, and who may.

mod login;
mod password;
mod users;

#[cfg(feature = "cli")]
pub(crate) use self::users::Account;
pub(crate) use self::{
    login::login,
    password::change as change_password,
    users::{change as change_user, create as create_user, delete as delete_user, list as list_users},
};
