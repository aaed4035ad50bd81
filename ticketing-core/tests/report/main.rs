//! Reports beside a recomputation that reads whole histories and shares nothing with the engine but what its figures mean.

#[path = "../sla/case.rs"]
#[expect(dead_code, reason = "of the cases, the zones are of use here")]
mod case;
#[path = "../sla/desk.rs"]
#[expect(dead_code, unused_imports, reason = "the desk of the SLA's tests can do more than is done here")]
mod desk;
mod examples;
mod histories;
mod naive;
