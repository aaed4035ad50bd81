//! `/api/tickets`: what anybody may do without logging in.

mod comment;
mod create;
mod look_up;

pub(crate) use self::{
    comment::comment,
    create::{create, create_from},
    look_up::look_up,
};
