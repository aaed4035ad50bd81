//! Every limit of the core in one table: its unit in its name, its value, and what set it.
//!
//! Documentation, messages, JSON Schema, HTML attributes and tests quote these; nothing writes them again.

macro_rules! limits {
    ($($(#[$doc:meta])* $name:ident: $type:ty = $value:expr;)*) => {
        $($(#[$doc])* pub const $name: $type = $value;)*
    };
}

limits! {
    /// Fewest characters of `nombre`. Source: the seed.
    NOMBRE_CHARS_MIN: u32 = 3;
    /// Most characters of `nombre`. Source: the seed.
    NOMBRE_CHARS_MAX: u32 = 150;
    /// Most octets of an e-mail address. Source: RFC 5321, 4.5.3.1.3.
    EMAIL_OCTETS_MAX: usize = 254;
    /// Most octets before an address's `@`. Source: RFC 5321, 4.5.3.1.1.
    EMAIL_LOCAL_OCTETS_MAX: usize = 64;
    /// Most characters of a label of an address's domain. Source: RFC 1035, 2.3.4.
    EMAIL_DOMAIN_LABEL_CHARS_MAX: usize = 63;
    /// Fewest characters of `categoria`. Source: the seed.
    CATEGORIA_CHARS_MIN: u32 = 2;
    /// Most characters of `categoria`. Source: the seed.
    CATEGORIA_CHARS_MAX: u32 = 100;
    /// Fewest characters of `descripcion`. Source: the seed.
    DESCRIPCION_CHARS_MIN: u32 = 10;
    /// Most characters of `descripcion`. In UTF-8 they fit a body of 1 MiB, so that form and server agree on what is too long.
    DESCRIPCION_CHARS_MAX: u32 = 100_000;
    /// Most characters of `prioridad`. Source: the seed.
    PRIORIDAD_CHARS_MAX: u32 = 20;
    /// Most characters of `documento`. Source: the seed.
    DOCUMENTO_CHARS_MAX: u32 = 50;
    /// Most characters of `telefono`. Source: the seed.
    TELEFONO_CHARS_MAX: u32 = 30;
    /// Most characters of `empresaDepartamento`. Source: the seed.
    EMPRESA_CHARS_MAX: u32 = 150;
    /// Most characters of `subcategoria`. Source: the seed.
    SUBCATEGORIA_CHARS_MAX: u32 = 100;
    /// Most characters of `asunto`. Source: the seed.
    ASUNTO_CHARS_MAX: u32 = 200;
    /// Most characters of `areaAsignada`. Source: the seed.
    AREA_CHARS_MAX: u32 = 100;
    /// Most characters that a deployment's rules may allow a text in one line.
    LINE_CHARS_CEILING: u32 = 1_000;

    /// Fewest characters of a requester's comment, `mensaje`. Source: the Mesa de Ayuda contract.
    MENSAJE_CHARS_MIN: u32 = 2;
    /// Most characters of a requester's comment, `mensaje`. Source: the Mesa de Ayuda contract.
    MENSAJE_CHARS_MAX: u32 = 5_000;
    /// Fewest characters of a `motivo`. Source: the Mesa de Ayuda contract.
    MOTIVO_CHARS_MIN: u32 = 3;
    /// Most characters of a `motivo`. Source: the Mesa de Ayuda contract.
    MOTIVO_CHARS_MAX: u32 = 1_000;
    /// Fewest characters of a `respuesta`. Source: the Mesa de Ayuda contract.
    RESPUESTA_CHARS_MIN: u32 = 5;
    /// Most characters of a `respuesta`. Source: the Mesa de Ayuda contract.
    RESPUESTA_CHARS_MAX: u32 = 5_000;

    /// Most tags of a ticket.
    TICKET_TAGS_MAX: u32 = 100;
    /// Most events of a ticket, but for those that end it and the system's own: whatever reads a history reads all of it, and a file has
    /// room for 131,071.
    TICKET_EVENTS_MAX: u32 = 100_000;
    /// Most clients of a ticket, and most others who are told.
    TICKET_CLIENTS_MAX: u32 = 100;
    /// Most characters of a client: an e-mail address with a name before it fits.
    CLIENT_CHARS_MAX: u32 = 500;
    /// Most characters of a category's, service's, urgency's, justification's or tag's name.
    REFERENCE_CHARS_MAX: u32 = 100;
    /// Most characters of on whose behalf another system acts. Source: the integration contract.
    BEHALF_CHARS_MAX: u32 = 100;
    /// Seconds by which another system's clock may be ahead of ours: a date that is so little in the future is now.
    CLOCK_AHEAD_SECONDS_MAX: i64 = 5;

    /// Fewest characters of a user's `nombre`. Source: the Mesa de Ayuda contract.
    USER_NOMBRE_CHARS_MIN: u32 = 2;
    /// Fewest characters of a password. Source: the Mesa de Ayuda contract.
    PASSWORD_CHARS_MIN: u32 = 6;
    /// Most characters of a password: 1,024 octets at most in UTF-8, and far more than anybody types.
    PASSWORD_CHARS_MAX: u32 = 256;
    /// Wrong passwords that an account takes without delay: a person mistypes two or three times. From wherever, and from each
    /// network address.
    ACCOUNT_ATTEMPTS_FREE: u32 = 5;
    /// Longest delay of an account at one network address in seconds: whoever guesses from there is at it for ever.
    ACCOUNT_AT_ADDRESS_DELAY_SECONDS_MAX: u32 = 5 * 60;
    /// Longest delay of an account at all others in seconds: strangers keep its owner waiting no longer, and many of them together
    /// guess no faster.
    ACCOUNT_DELAY_SECONDS_MAX: u32 = 10;
    /// Wrong passwords that a network address takes without delay: a whole office may share one.
    ADDRESS_ATTEMPTS_FREE: u32 = 20;
    /// Longest delay of a network address in seconds.
    ADDRESS_DELAY_SECONDS_MAX: u32 = 15 * 60;
    /// Minutes after the last attempt at which all of them are forgotten; more than any delay.
    ATTEMPTS_KEPT_MINUTES: u32 = 60;
    /// Seconds by which the clocks of servers that share a database may be apart: what is later than that has been made before a clock
    /// was set back.
    CLOCKS_APART_SECONDS_MAX: u32 = 60;
    /// Seconds by which a token is dated back: longer than a change waits between its decision and its commit, in which somebody
    /// may still log in as the user was before.
    TOKEN_DATED_BACK_SECONDS: u32 = 10;

    /// Most characters of the name of a token.
    TOKEN_NOMBRE_CHARS_MAX: u32 = 100;
    /// Most days for which a token is valid that expires: ten years.
    TOKEN_EXPIRY_DAYS_MAX: u32 = 3_660;

    /// Failures in a row after which a subscription is degraded. Source: the v2 contract.
    SUBSCRIPTION_FAILURES_DEGRADED: u32 = 10;
    /// Failures in a row after which a subscription is inactive. Source: the v2 contract.
    SUBSCRIPTION_FAILURES_INACTIVE: u32 = 500;
    /// Longest time in seconds for which a recipient may ask to be left alone: one that says a year is not lost for a year.
    SUBSCRIPTION_RETRY_AFTER_SECONDS_MAX: u32 = 24 * 60 * 60;
    /// Most subscriptions: each has connections and a place in the feed of its own.
    SUBSCRIPTIONS_MAX: u32 = 200;
    /// Most characters of a webhook's address, which is what clients and proxies take.
    WEBHOOK_URL_CHARS_MAX: u32 = 2_000;
    /// Most headers of a webhook's own.
    WEBHOOK_HEADERS_MAX: usize = 20;
    /// Most characters of the name of a webhook's header.
    WEBHOOK_HEADER_NAME_CHARS_MAX: usize = 100;
    /// Most characters of the value of a webhook's header: a token with its claims has room.
    WEBHOOK_HEADER_VALUE_CHARS_MAX: usize = 4_000;
    /// Hours for which a webhook's last secret signs beside a new one, so that its receiver has time to learn that.
    WEBHOOK_SECRETS_OVERLAP_HOURS: u32 = 24;
    /// Days for which a delivery that was given up is kept, so that it may be replayed.
    DELIVERIES_KEPT_DAYS: u32 = 90;

    /// Most characters of what a person types to look a ticket up: a label with room for stray characters.
    LABEL_INPUT_CHARS_MAX: u32 = 64;
    /// Most letters of a label's prefix: labels are read aloud.
    LABEL_PREFIX_LETTERS_MAX: usize = 10;
    /// Most digits that a deployment may pad its label numbers to.
    LABEL_DIGITS_MAX: u8 = 9;
    /// First year of a label.
    LABEL_YEAR_MIN: u16 = 2000;
    /// Last year of a label.
    LABEL_YEAR_MAX: u16 = 9999;
    /// Largest label number: integer ids stay below 2³¹ on every surface.
    LABEL_NUMBER_MAX: u32 = 2_147_483_647;

    /// Largest budget of an SLA target in minutes: ten years of 366 days.
    SLA_BUDGET_MINUTES_MAX: u32 = 10 * 366 * 24 * 60;
    /// Largest number of business days of an SLA target: as many as there may be in ten years.
    SLA_BUSINESS_DAYS_MAX: u16 = 3_660;
    /// The percent of an SLA target at which it is breached.
    SLA_BREACH_PERCENT: u8 = 100;
    /// Most percents at which an SLA target counts as at risk.
    SLA_AT_RISK_MAX: usize = 8;
    /// Most shifts of a day of a calendar: one each half hour.
    CALENDAR_SHIFTS_MAX: usize = 48;
    /// Most dates that are exceptions in a calendar: a hundred years of the fullest lists of holidays.
    CALENDAR_EXCEPTIONS_MAX: usize = 5_000;
    /// Largest number of days that rules may name (closing by itself, re-opening): ten years.
    RULE_DAYS_MAX: u32 = 3_660;
    /// Largest number of months that rules may name (how long a ticket that is over keeps what it says): a hundred years.
    RULE_MONTHS_MAX: u32 = 1_200;

    /// Minutes after which an event that is recorded so late is no news: clients that give each event its own time are late by
    /// seconds, those that take a history over by days.
    NOTICE_LATE_MINUTES_MAX: i64 = 60;

    /// Most values of a dimension that a report has a row for; all others are one row. Lists of categories that people write
    /// themselves have no end.
    REPORT_VALUES_MAX: usize = 200;
    /// Most periods of a report: a year of hours.
    REPORT_PERIODS_MAX: usize = 366 * 24;
    /// Most rows times periods of a report: a year of days by 130 values. Each takes more than a kilobyte while it is made.
    REPORT_CELLS_MAX: usize = 50_000;
}
