//! A small desk, counted by hand.
//!
//! | | area | |
//! |---|---|---|
//! | first | SISTEMAS | created 24th 10:15, answered 30 minutes later, resolved 2 hours after it was created, opened again the next day |
//! | second | REDES | created 12:15, resolved 5 hours later without a word before; 4 hours were promised |
//! | third | REDES | created 17:15, given to SISTEMAS an hour later, where its time is up |
//!
//! All are of priority ALTA, which is promised a resolution within four hours around the clock.

use serde_json::{Value, json};

use super::common::{
    desk::{Client, DAY, HOUR, MINUTE, Person, Service, Ticket},
    seed_with,
};

pub(crate) const DAYS: &str = "desde=2026-03-24&hasta=2026-03-25";

pub(crate) struct Counted {
    pub(crate) service: Service,
}

impl Counted {
    pub(crate) async fn start() -> Self {
        let service = Service::start().await;
        let mut mesa = service.client(&service.mesa).await;
        let in_area = async |area: &str, category: &str| -> Ticket {
            let form = seed_with(&json!({ "areaAsignada": area, "categoria": category }));
            service.nobody().await.create(&form).await
        };
        let first = in_area("SISTEMAS", "Correo").await;
        service.pass(30 * MINUTE);
        mesa.command(&first, "actualizar", &json!({ "respuesta": "Ya lo estamos revisando" })).await.ok();
        service.pass(90 * MINUTE);
        mesa.set(&first, "RESUELTO").await;
        let second = in_area("REDES", "Redes").await;
        service.pass(5 * HOUR);
        mesa.set(&second, "RESUELTO").await;
        let third = in_area("REDES", "Redes").await;
        service.pass(HOUR);
        let transfer = json!({ "nuevaArea": "SISTEMAS", "agenteId": "", "motivo": "Es de ellos" });
        mesa.command(&third, "transferir", &transfer).await.ok();
        service.pass(DAY);
        mesa.command(&first, "reabrir", &json!({ "motivo": "Sigue igual" })).await.ok();
        // What is up is noted now, and not while somebody asks.
        while service.engine.keep_time().await.unwrap() > 0 {}
        // So is what reports are read from: whoever asks waits a tenth of a second for it, and is then told that something is missing.
        while service.engine.roll_up().await.unwrap() {}
        Self { service }
    }

    /// A client of somebody.
    pub(crate) async fn client(&self, person: &Person) -> Client {
        self.service.client(person).await
    }

    /// What the desk is told, by this question.
    pub(crate) async fn report(&self, query: &str) -> Value {
        let mut mesa = self.client(&self.service.mesa).await;
        mesa.get(&format!("/api/reportes?{query}")).await.ok()
    }
}

/// The row of a name.
#[track_caller]
pub(crate) fn row<'a>(report: &'a Value, name: &str) -> &'a Value {
    let rows = report["filas"].as_array().unwrap();
    rows.iter().find(|row| row["nombre"] == name).unwrap_or_else(|| panic!("{name} in {report}"))
}

/// The names of the rows, in order.
pub(crate) fn names(report: &Value) -> Vec<&str> {
    report["filas"].as_array().unwrap().iter().map(|row| row["nombre"].as_str().unwrap()).collect()
}
