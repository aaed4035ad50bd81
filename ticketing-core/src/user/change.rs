//! What becomes of a user, and what that does to their sessions.

use super::{NewUser, User, UserPatch, UserRole};
use crate::{
    Timestamp, Violations,
    limits::TOKEN_DATED_BACK_SECONDS,
    ticket::{ActorId, REDACTED},
    violation::Problem,
};

impl User {
    /// A user who was not there before.
    pub fn new(id: ActorId, new: NewUser, now: Timestamp) -> Self {
        let NewUser { email, name, password: _, role, area, phone } = new;
        Self {
            id,
            version: 1,
            email: Some(email),
            name,
            role,
            area,
            phone,
            is_active: true,
            tokens_valid_from: whole_second(now, 0),
        }
    }

    /// The user after a change; `None` where nothing changes.
    ///
    /// # Errors
    /// A violation where they would work one area and have none.
    pub fn patched(&self, patch: UserPatch, now: Timestamp) -> Result<Option<Self>, Violations> {
        let UserPatch { email, name, password, role, area, phone, is_active } = patch;
        let mut after = self.clone();
        after.email = email.or(after.email);
        after.name = name.unwrap_or(after.name);
        after.role = role.unwrap_or(after.role);
        after.area = area.after(after.area);
        after.phone = phone.after(after.phone);
        after.is_active = is_active.unwrap_or(after.is_active);
        if after.role == UserRole::Area && after.area.is_none() {
            return Err(Violations::of("area", Problem::Required));
        }
        if after == *self && password.is_none() {
            return Ok(None);
        }
        after.version = self.version.saturating_add(1);
        Ok(Some(if password.is_some() || self.loses_sessions(&after) { after.logged_out(now) } else { after }))
    }

    /// The user after they have chosen another password: logged out everywhere.
    #[must_use]
    pub fn with_password_changed(&self, now: Timestamp) -> Self {
        Self { version: self.version.saturating_add(1), ..self.clone() }.logged_out(now)
    }

    /// What is left of the user when they are deleted: who they were in history, by name and role.
    #[must_use]
    pub fn deleted(&self, now: Timestamp) -> Self {
        let version = self.version.saturating_add(1);
        Self { version, email: None, area: None, phone: None, is_active: false, ..self.clone() }.logged_out(now)
    }

    /// What is left of the user when they are erased as a person: their role, of whatever they did.
    #[must_use]
    pub fn erased(&self, now: Timestamp) -> Self {
        Self { name: REDACTED.to_owned(), ..self.deleted(now) }
    }

    /// Whether they are one of those without whom nobody could change users any more.
    pub const fn is_active_admin(&self) -> bool {
        self.is_active && self.role.manages_users() && !self.is_deleted()
    }

    /// Whether a change to this user takes an active administrator away: then there must be another one.
    pub const fn stops_being_admin(&self, after: &Self) -> bool {
        self.is_active_admin() && !after.is_active_admin()
    }

    /// Whether a token that told the truth before a change no longer does.
    fn loses_sessions(&self, after: &Self) -> bool {
        let told = |user: &Self| (user.email.clone(), user.name.clone(), user.role, user.area.clone(), user.is_active);
        told(self) != told(after)
    }

    /// Tokens are dated in whole seconds: none from before, also in this second, is later than the next one; and none of a
    /// clock that ran ahead is.
    fn logged_out(self, now: Timestamp) -> Self {
        let after_all_others = whole_second(self.tokens_valid_from, 1);
        Self { tokens_valid_from: whole_second(now, 1).max(after_all_others), ..self }
    }

    /// When a token is dated that is given to the user as they were read now: later than their last change, and earlier than
    /// one that is being stored.
    pub fn token_issued_at(&self, now: Timestamp) -> Timestamp {
        whole_second(now, -i64::from(TOKEN_DATED_BACK_SECONDS)).max(self.tokens_valid_from)
    }
}

/// The start of an instant's second, or of one that many seconds later or, below 0, earlier.
const fn whole_second(at: Timestamp, later: i64) -> Timestamp {
    Timestamp::saturating_from_unix_millis((at.unix_millis() / 1000 + later) * 1000)
}
