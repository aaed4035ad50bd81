use std::{
    hash::Hash,
    net::{IpAddr, Ipv6Addr},
    time::Duration,
};

use governor::{
    Quota, RateLimiter,
    clock::{Clock as _, DefaultClock},
    middleware::StateInformationMiddleware,
    state::keyed::DefaultKeyedStateStore,
};
use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use ticketing_core::ticket::ActorId;

use super::{
    ApiError,
    options::{RateLimit, RateLimits},
};

/// The rate limits of a service and what each client has used of them.
pub(super) struct Limiters {
    address: Limiter<IpAddr>,
    email: Limiter<String>,
    token: Limiter<ActorId>,
}

type Keyed<K> = RateLimiter<K, DefaultKeyedStateStore<K>, DefaultClock, StateInformationMiddleware>;

struct Limiter<K: Hash + Eq + Clone> {
    name: &'static str,
    limit: RateLimit,
    keyed: Keyed<K>,
    clock: DefaultClock,
}

/// What a client has left, for its headers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Left {
    name: &'static str,
    limit: RateLimit,
    remaining: u32,
}

impl Limiters {
    pub(super) fn new(limits: RateLimits) -> Self {
        Self {
            address: Limiter::new("address", limits.address),
            email: Limiter::new("email", limits.email),
            token: Limiter::new("token", limits.token),
        }
    }

    pub(super) fn check_address(&self, address: IpAddr) -> (Left, Result<(), ApiError>) {
        self.address.check(&one_client(address))
    }

    pub(super) fn check_email(&self, email: &str) -> Result<(), ApiError> {
        self.email.check(&email.to_lowercase()).1
    }

    pub(super) fn check_token(&self, token: ActorId) -> (Left, Result<(), ApiError>) {
        self.token.check(&token)
    }

    /// Forgets clients that have their whole burst again.
    pub(super) fn forget_idle(&self) {
        self.address.forget_idle();
        self.email.forget_idle();
        self.token.forget_idle();
    }
}

impl<K: Hash + Eq + Clone> Limiter<K> {
    fn new(name: &'static str, limit: RateLimit) -> Self {
        let quota = Quota::per_minute(limit.per_minute).allow_burst(limit.burst);
        Self { name, limit, keyed: RateLimiter::keyed(quota).with_middleware(), clock: DefaultClock::default() }
    }

    fn forget_idle(&self) {
        self.keyed.retain_recent();
        self.keyed.shrink_to_fit();
    }

    fn check(&self, key: &K) -> (Left, Result<(), ApiError>) {
        let left = |remaining| Left { name: self.name, limit: self.limit, remaining };
        match self.keyed.check_key(key) {
            Ok(snapshot) => (left(snapshot.remaining_burst_capacity()), Ok(())),
            Err(until) => {
                let retry_after = until.wait_time_from(self.clock.now()).max(Duration::from_secs(1));
                (left(0), Err(ApiError::RateLimited { left: left(0), retry_after }))
            }
        }
    }
}

impl Left {
    /// `RateLimit-Policy` and `RateLimit`. Source: draft-ietf-httpapi-ratelimit-headers.
    pub(super) fn write(&self, headers: &mut HeaderMap) {
        let Self { name, limit, remaining } = *self;
        let (per_minute, burst) = (limit.per_minute.get(), limit.burst.get());
        // The seconds until the whole burst is there again.
        let reset = (u64::from(burst.saturating_sub(remaining)) * 60).div_ceil(per_minute.into());
        for (header, value) in [
            ("ratelimit-policy", format!("\"{name}\";q={per_minute};w=60;burst={burst}")),
            ("ratelimit", format!("\"{name}\";r={remaining};t={reset}")),
        ] {
            if let Ok(value) = HeaderValue::try_from(value) {
                headers.insert(HeaderName::from_static(header), value);
            }
        }
    }
}

/// Whoever has an IPv6 network of 64 bits has all its addresses.
pub(super) fn one_client(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
    }
}
