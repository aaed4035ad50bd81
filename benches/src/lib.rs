//! What the measured programs have in common: the seed's form, and that form as users of other validators write it.

pub mod forms;
pub mod seed;
