//! `/v2`: the integration API, for other systems.

mod statuses;

pub(crate) use self::statuses::list as list_statuses;
