//! `/v2`: the integration API, for other systems. The same tickets, commands and history as the desk's. Source: the integration
//! contract.

mod actions;
mod attributes;
mod create;
mod deliveries;
mod discovery;
mod events;
mod history;
mod list;
mod paging;
mod show;
mod subscriptions;
mod tags;

pub(crate) use self::{
    actions::{create as create_action, list as list_actions, show as show_action},
    attributes::{
        category as change_category, clients as change_clients, owner as change_owner, service as change_service,
        solution as change_solution, status as change_status, subject as change_subject, urgency as change_urgency,
        visibility as change_type,
    },
    create::create,
    deliveries::{list as list_deliveries, replay},
    discovery::{agents, categories, justifications, services, statuses, tags as offered_tags, teams, urgencies},
    events::list as list_events,
    history::{owner_changes, status_changes},
    list::{SEARCH_CHARS_MAX, list},
    paging::{PAGE_SIZE, PAGE_SIZE_MAX, id_of},
    show::show,
    subscriptions::{
        change as change_subscription, create as create_subscription, delete as delete_subscription,
        list as list_subscriptions, rotate_secret, show as show_subscription,
    },
    tags::{add as add_tag, list as list_tags, remove as remove_tag},
};
