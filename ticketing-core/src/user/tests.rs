use proptest::prelude::*;

use super::*;
use crate::{FormError, Violations, ticket::ActorId};

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn morning() -> Timestamp {
    at("2026-03-24T10:15:00.500Z")
}

fn admin() -> User {
    let form = r#"{"email": "Ana@Example.com", "nombre": "Ana", "password": "secreta", "rol": "ADMIN"}"#;
    User::new(ActorId(uuid::Uuid::from_u128(1)), NewUser::from_json(form.as_bytes()).unwrap(), morning())
}

fn patch(json: &str) -> UserPatch {
    UserPatch::from_json(json.as_bytes()).unwrap()
}

fn patched(user: &User, json: &str, now: &str) -> User {
    user.patched(patch(json), at(now)).unwrap().unwrap()
}

// Forms

#[track_caller]
fn refused<T: core::fmt::Debug>(form: Result<T, FormError>, error: &str) {
    assert_eq!(form.unwrap_err().to_string(), error);
}

#[test]
fn everything_wrong_with_a_form_is_said_at_once_and_in_the_order_of_its_fields() {
    refused(Login::from_json(b"{}"), "email: required; password: required");
    refused(Login::from_json(br#"{"email": 1, "password": [] }"#), "email: wrong-type; password: wrong-type");
    refused(Login::from_json(b"[]"), "body: wrong-type");
    refused(Login::from_json(b"{"), "malformed JSON at line 1, column 1");
    refused(PasswordChange::from_json(br#"{"actual": " ", "nueva": " 12345 "}"#), "actual: required; nueva: too-short");
    refused(NewUser::from_json(b"{}"), "email: required; nombre: required; password: required; rol: required");
    let form = br#"{"email": "ana", "nombre": "A", "password": "12345", "rol": "admin", "area": 7, "telefono": true}"#;
    refused(
        NewUser::from_json(form),
        "email: invalid-email; nombre: too-short; password: too-short; rol: unknown-value; area: wrong-type; telefono: wrong-type",
    );
    let form =
        br#"{"rol": "ROOT", "is_active": "yes", "nombre": "\ud800", "email": "a@b", "password": "x", "area": []}"#;
    refused(
        UserPatch::from_json(form),
        "email: invalid-email; nombre: invalid-unicode; password: too-short; rol: unknown-value; area: wrong-type; is_active: wrong-type",
    );
    let long = "ñ".repeat(257);
    let form = format!(r#"{{"email": "{long}", "password": "{long}"}}"#);
    refused(Login::from_json(form.as_bytes()), "email: too-long; password: too-long");
}

#[test]
fn whoever_works_one_area_must_have_one() {
    let form = |rest: &str| {
        let json = format!(r#"{{"email": "a@b.co", "nombre": "Ana", "password": "secreta", "rol": "AREA"{rest}}}"#);
        NewUser::from_json(json.as_bytes())
    };
    refused(form(""), "area: required");
    refused(form(r#", "area": " ", "telefono": 1"#), "area: required; telefono: wrong-type");
    refused(form(r#", "area": 1"#), "area: wrong-type");
    assert_eq!(form(r#", "area": " Redes ""#).unwrap().area.as_deref(), Some("Redes"));

    let without = Err(Violations::of("area", crate::Problem::Required));
    assert_eq!(admin().patched(patch(r#"{"rol": "AREA"}"#), morning()), without);
    let agent = patched(&admin(), r#"{"rol": "AREA", "area": "Redes"}"#, "2026-03-24T11:00:00Z");
    assert_eq!(agent.patched(patch(r#"{"area": null}"#), morning()), without);
    assert_eq!(patched(&agent, r#"{"rol": "MESA", "area": ""}"#, "2026-03-24T11:00:00Z").area, None);
}

#[test]
fn texts_are_trimmed_and_addresses_compare_without_case() {
    let login = Login::from_json(br#"{"email": " ANA@Example.com ", "password": "\tclave secreta\n"}"#).unwrap();
    assert_eq!(login.email_key(), "ana@example.com");
    assert_eq!(login.password.reveal(), "clave secreta");
    assert_eq!(admin().email.unwrap().key(), login.email_key());
}

#[test]
fn a_password_does_not_show() {
    let login = Login::from_json(br#"{"email": "a", "password": "tulipan"}"#).unwrap();
    assert_eq!(format!("{login:?}"), r#"Login { email: "a", password: •••••• }"#);
    let form = br#"{"actual": "tulipan", "nueva": "tulipanes"}"#;
    assert!(!format!("{:?}", PasswordChange::from_json(form).unwrap()).contains("tulip"));
}

#[test]
fn at_the_integration_api_staff_may_work_tickets_and_administrators_subscriptions() {
    let may = |role: UserRole| TokenScope::ALL.map(|scope| role.has_scope(scope));
    assert_eq!(may(UserRole::Admin), [true, true, true]);
    assert_eq!(may(UserRole::Desk), [true, true, false]);
    assert_eq!(may(UserRole::Area), [true, true, false]);
    assert_eq!(may(UserRole::Requester), [false, false, false]);
}

// Changes

#[test]
fn what_a_patch_does_not_name_stays() {
    let before = patched(&admin(), r#"{"telefono": "1", "area": "Redes"}"#, "2026-03-24T11:00:00Z");
    assert_eq!(before.patched(patch("{}"), morning()), Ok(None));
    let nothing = r#"{"email": null, "nombre": "", "password": null, "rol": null, "is_active": null, "otro": 1}"#;
    assert_eq!(before.patched(patch(nothing), morning()), Ok(None));
    assert_eq!(before.patched(patch(r#"{"nombre": "Ana", "telefono": "1"}"#), morning()), Ok(None));
    let after = patched(&before, r#"{"telefono": null}"#, "2026-03-24T12:00:00Z");
    assert_eq!((after.phone, after.area.as_deref(), after.version), (None, Some("Redes"), before.version + 1));
}

/// A token is dated in whole seconds, so that one of the same second must count as older.
#[test]
fn a_change_of_what_tokens_tell_ends_them_all() {
    let user = admin();
    assert_eq!(user.tokens_valid_from, at("2026-03-24T10:15:00Z"));
    let now = "2026-03-24T11:00:00Z";
    for change in [
        r#"{"email": "otra@example.com"}"#,
        r#"{"email": "ana@example.com"}"#,
        r#"{"nombre": "Anna"}"#,
        r#"{"rol": "MESA"}"#,
        r#"{"area": "Redes"}"#,
        r#"{"password": "secreta"}"#,
        r#"{"is_active": false}"#,
    ] {
        let before = user.token_issued_at(at(now));
        let after = patched(&user, change, now);
        assert_eq!(after.tokens_valid_from, at("2026-03-24T11:00:01Z"), "{change}");
        assert!(before < after.tokens_valid_from);
        assert!(after.token_issued_at(at(now)) >= after.tokens_valid_from);
    }
    assert_eq!(patched(&user, r#"{"telefono": "1"}"#, now).tokens_valid_from, user.tokens_valid_from);
    assert_eq!(user.with_password_changed(at(now)).tokens_valid_from, at("2026-03-24T11:00:01Z"));
    assert_eq!(user.deleted(at(now)).tokens_valid_from, at("2026-03-24T11:00:01Z"));
}

proptest! {
    /// Also where the clock is set back, where much happens in one second, and where a change is stored long after it was
    /// decided: until then, tokens are given to the user as they were.
    #[test]
    fn prop_no_token_from_before_a_change_is_valid_after_it(
        steps in prop::collection::vec((any::<bool>(), 0_i64..5_000, 0_i64..10_000), 1..40)
    ) {
        let mut user = admin();
        let mut stale: Option<Timestamp> = None;
        for (changes, millis, delay) in steps {
            let instant = |millis| Timestamp::from_unix_millis(morning().unix_millis() + millis).unwrap();
            if changes {
                let after = user.with_password_changed(instant(millis));
                for now in [millis, millis + delay] {
                    stale = stale.max(Some(user.token_issued_at(instant(now))));
                }
                user = after;
            }
            prop_assert!(stale.is_none_or(|stale| stale < user.tokens_valid_from));
            prop_assert!(user.token_issued_at(instant(millis)) >= user.tokens_valid_from);
        }
    }
}

#[test]
fn who_is_deleted_leaves_a_name_and_nothing_to_log_in_with() {
    let user = patched(&admin(), r#"{"telefono": "1", "rol": "AREA", "area": "Redes"}"#, "2026-03-24T11:00:00Z");
    let deleted = user.deleted(morning());
    assert!(deleted.is_deleted() && !deleted.is_active);
    assert_eq!((deleted.id, deleted.name.as_str(), deleted.email, deleted.phone), (user.id, "Ana", None, None));
    assert_eq!((deleted.area, deleted.role), (None, UserRole::Area));
    assert!(admin().stops_being_admin(&admin().deleted(morning())));
}

#[test]
fn an_active_admin_is_taken_away_by_role_activity_or_deletion_only() {
    let takes_away = |user: &User, change: &str| user.stops_being_admin(&patched(user, change, "2026-03-24T11:00:00Z"));
    let user = admin();
    assert!(takes_away(&user, r#"{"rol": "MESA"}"#) && takes_away(&user, r#"{"is_active": false}"#));
    assert!(!takes_away(&user, r#"{"nombre": "Otra", "password": "otra clave"}"#));
    let inactive = patched(&user, r#"{"is_active": false}"#, "2026-03-24T11:00:00Z");
    assert!(!takes_away(&inactive, r#"{"rol": "MESA"}"#) && !inactive.stops_being_admin(&inactive.deleted(morning())));
}

#[test]
fn roles_are_actors_and_agents() {
    let id = admin().id;
    let of =
        |role: &str| patched(&admin(), &format!(r#"{{"rol": "{role}", "area": "Redes"}}"#), "2026-03-24T11:00:00Z");
    let agent = |area: Option<&str>| Some(Agent { id, area: area.map(str::to_owned), is_active: true });
    assert_eq!((of("ADMIN").actor(), of("ADMIN").agent()), (Actor::Admin(id), agent(None)));
    assert_eq!((of("MESA").actor(), of("MESA").agent()), (Actor::Desk(id), agent(None)));
    let area = Actor::Area { id, area: "Redes".into() };
    assert_eq!((of("AREA").actor(), of("AREA").agent()), (area, agent(Some("Redes"))));
    assert_eq!((of("USUARIO").actor(), of("USUARIO").agent()), (Actor::Requester, None));
    assert!(!of("MESA").deleted(morning()).agent().unwrap().is_active);
    for role in UserRole::ALL {
        assert_eq!(UserRole::from_name(role.name()), Some(role));
        assert_eq!(role.is_staff(), role != UserRole::Requester);
    }
    assert_eq!(UserRole::from_name("SISTEMA"), None);
}

// Back-off

/// The delays in seconds before each further attempt, made as soon as it may be.
fn delays(policy: BackOff, attempts: usize) -> Vec<i64> {
    let (mut now, mut so_far, mut delays) = (morning(), Attempts::default(), Vec::new());
    for _ in 0..attempts {
        let wait = policy.attempt(so_far, now).err();
        let wait = wait.map_or(0, |wait| wait.num_seconds());
        now = Timestamp::from_unix_millis(now.unix_millis() + wait * 1000).unwrap();
        so_far = policy.attempt(so_far, now).unwrap().settled(now, Settled::Wrong);
        delays.push(wait);
    }
    delays
}

#[test]
fn some_attempts_are_free_and_then_the_delay_doubles_up_to_a_ceiling() {
    let longest = [0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300];
    assert_eq!(delays(BackOff::ACCOUNT_AT_ADDRESS, 16), longest);
    assert_eq!(delays(BackOff::OWN_PASSWORD, 16), longest);
    assert_eq!(delays(BackOff::ACCOUNT, 11), [0, 0, 0, 0, 0, 1, 2, 4, 8, 10, 10]);
    let address = delays(BackOff::ADDRESS, 32);
    assert!(address[..20].iter().all(|delay| *delay == 0));
    assert_eq!(address[20..], [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]);
    assert_eq!(BackOff::ACCOUNT.delay(u32::MAX), chrono::TimeDelta::seconds(10));
}

#[test]
fn attempts_are_forgotten_after_an_hour_and_a_clock_that_was_set_back_keeps_nobody_waiting_for_longer_than_the_delay() {
    let policy = BackOff::ACCOUNT_AT_ADDRESS;
    let tally = |count| Tally { count, last_at: morning() };
    for many in [
        Attempts { wrong: tally(u32::MAX), ..Attempts::default() },
        Attempts { open: tally(u32::MAX), ..Attempts::default() },
        Attempts { wrong: tally(u32::MAX), open: tally(u32::MAX) },
    ] {
        let an_hour_later = at("2026-03-24T11:15:00.501Z");
        let first = Attempts { open: Tally { count: 1, last_at: an_hour_later }, ..Attempts::default() };
        assert_eq!(policy.attempt(many, an_hour_later), Ok(first));
        // A server whose clock is a little behind.
        let a_little_before = at("2026-03-24T10:14:50.500Z");
        assert_eq!(policy.attempt(many, a_little_before), Err(chrono::TimeDelta::minutes(5)));
        // A clock that was set back by a day: one more, and from then on as long as ever, by the clock as it is now.
        let before = at("2026-03-23T10:15:00Z");
        let again = policy.attempt(many, before).unwrap();
        assert_eq!(again.last_at(), before);
        assert_eq!(policy.attempt(again, before), Err(chrono::TimeDelta::minutes(5)));
        let settled = again.settled(before, Settled::Wrong);
        assert_eq!(policy.attempt(settled, before), Err(chrono::TimeDelta::minutes(5)));
        assert!(policy.attempt(settled, at("2026-03-23T10:20:00Z")).is_ok());
        let later = at("2026-03-24T10:20:00.500Z");
        let again = policy.attempt(many, later).unwrap();
        assert_eq!((again.open.last_at, again.wrong), (later, many.wrong));
    }
    assert_eq!(Attempts::forgotten_before(Timestamp::MIN), Timestamp::MIN);
}

#[test]
fn an_attempt_counts_before_it_is_known_what_becomes_of_it() {
    let mut attempts = Attempts::default();
    for _ in 0..5 {
        attempts = BackOff::ACCOUNT.attempt(attempts, morning()).unwrap();
    }
    assert_eq!(BackOff::ACCOUNT.attempt(attempts, morning()), Err(chrono::TimeDelta::seconds(1)));
    // Whichever is settled first: whoever was right leaves the others, and their delay, as they were.
    let one_right = attempts.settled(morning(), Settled::TakenBack);
    let wrong = (0..4).fold(one_right, |attempts, _| attempts.settled(morning(), Settled::Wrong));
    assert_eq!(wrong, Attempts { wrong: Tally { count: 4, last_at: morning() }, ..Attempts::default() });
    assert_eq!(wrong.settled(morning(), Settled::Forgiven), Attempts::default());
    // What was wiped from the slate meanwhile is not there any more.
    let late = Attempts::default().settled(morning(), Settled::Wrong);
    assert_eq!(late.wrong, Tally { count: 1, last_at: morning() });
    assert_eq!(Attempts::default().settled(morning(), Settled::TakenBack), Attempts::default());
}

proptest! {
    /// However they overlap, and in whatever order they are settled.
    #[test]
    fn prop_attempts_that_are_taken_back_leave_no_trace(
        steps in prop::collection::vec((0_i64..30_000, any::<bool>(), any::<bool>(), any::<prop::sample::Index>()), 0..60)
    ) {
        let (mut attempts, mut expected) = (Attempts::default(), Attempts::default());
        let (mut now, mut open) = (morning(), Vec::new());
        let mut settle = |attempts: Attempts, (at, is_wrong): (Timestamp, bool)| {
            if is_wrong {
                expected = expected.settled(at, Settled::Wrong);
            }
            attempts.settled(at, if is_wrong { Settled::Wrong } else { Settled::TakenBack })
        };
        for (millis, is_wrong, settles, which) in steps {
            now = Timestamp::from_unix_millis(now.unix_millis() + millis).unwrap();
            let Ok(counted) = BackOff::ADDRESS.attempt(attempts, now) else { continue };
            attempts = counted;
            open.push((now, is_wrong));
            if settles {
                attempts = settle(attempts, open.swap_remove(which.index(open.len())));
            }
        }
        for attempt in open {
            attempts = settle(attempts, attempt);
        }
        prop_assert_eq!(attempts, expected);
    }
}
