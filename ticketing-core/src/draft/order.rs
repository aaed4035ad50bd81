//! What somebody at the desk sends to have something done to a ticket: one form for each action.
//!
//! Texts that creation has too (priority, category, area) have its limits, under the rules.

use crate::{
    Field, FormError, Rules, Uuid,
    form::Form,
    members::Value,
    text::TextRule,
    ticket::{ActorId, AskedBy, Order, Reason, Reply, Status},
    violation::Problem,
};

impl Order {
    /// Reads `{"estado": …, "prioridad": …, "area": …, "respuesta": …}`: whatever is given is to be so.
    ///
    /// # Errors
    /// [`FormError`]: malformed JSON, or all violations.
    pub fn update(json: &[u8], rules: &Rules) -> Result<Self, FormError> {
        let mut form = Form::read(json, ["estado", "prioridad", "area", "respuesta"])?;
        let status = form.take(status);
        // Whether the rules know them is asked of what differs from the ticket's own alone.
        let priority = form.take(|value| checked(value, rules.text_rule(Field::Priority), |_| Ok(())));
        let area = form.take(|value| checked(value, rules.text_rule(Field::Area), |_| Ok(())));
        let reply = form.take(|value| value.trimmed()?.map(Reply::new).transpose());
        form.finish()?;
        Ok(Self::Update { status, priority, area, reply })
    }

    /// Reads `{"agenteId": …, "motivo": …}`.
    ///
    /// # Errors
    /// [`FormError`]: malformed JSON, or all violations.
    pub fn assign(json: &[u8], _: &Rules) -> Result<Self, FormError> {
        let mut form = Form::read(json, ["agenteId", "motivo"])?;
        let agent = form.take_required(agent);
        let reason = form.take_required(reason);
        form.finish_with(agent.zip(reason).map(|(agent, reason)| Self::Assign { agent, reason }))
    }

    /// Reads `{"nuevaArea": …, "agenteId": …, "motivo": …}`; the agent may be left out.
    ///
    /// # Errors
    /// [`FormError`]: malformed JSON, or all violations.
    pub fn transfer(json: &[u8], rules: &Rules) -> Result<Self, FormError> {
        let mut form = Form::read(json, ["nuevaArea", "agenteId", "motivo"])?;
        let area = form.take_required(|value| area(value, rules));
        let agent = form.take(agent);
        let reason = form.take_required(reason);
        form.finish_with(area.zip(reason).map(|(area, reason)| Self::Transfer { area, agent, reason }))
    }

    /// Reads `{"nuevaPrioridad": …, "nuevaCategoria": …, "motivo": …}`.
    ///
    /// # Errors
    /// [`FormError`]: malformed JSON, or all violations.
    pub fn reclassify(json: &[u8], rules: &Rules) -> Result<Self, FormError> {
        let mut form = Form::read(json, ["nuevaPrioridad", "nuevaCategoria", "motivo"])?;
        let priority = form.take_required(|value| priority(value, rules));
        let category = form.take_required(|value| checked(value, rules.text_rule(Field::Category), |_| Ok(())));
        let reason = form.take_required(reason);
        let all = priority.zip(category).zip(reason);
        form.finish_with(all.map(|((priority, category), reason)| Self::Reclassify { priority, category, reason }))
    }

    /// Reads `{"motivo": …}`.
    ///
    /// # Errors
    /// [`FormError`]: malformed JSON, or all violations.
    pub fn pause(json: &[u8], _: &Rules) -> Result<Self, FormError> {
        only_reason(json).map(|reason| Self::Pause { reason })
    }

    /// Reads `{"motivo": …}`.
    ///
    /// # Errors
    /// [`FormError`]: malformed JSON, or all violations.
    pub fn reopen(json: &[u8], _: &Rules) -> Result<Self, FormError> {
        only_reason(json).map(|reason| Self::Reopen { reason })
    }

    /// Reads `{"motivo": …, "rol": …}`: why, and who asked.
    ///
    /// # Errors
    /// [`FormError`]: malformed JSON, or all violations.
    pub fn cancel(json: &[u8], _: &Rules) -> Result<Self, FormError> {
        let mut form = Form::read(json, ["motivo", "rol"])?;
        let reason = form.take_required(reason);
        let asked_by = form.take_required(asked_by);
        form.finish_with(reason.zip(asked_by).map(|(reason, asked_by)| Self::Cancel { reason, asked_by }))
    }

    /// Reads `{"motivo": …}`.
    ///
    /// # Errors
    /// [`FormError`]: malformed JSON, or all violations.
    pub fn archive(json: &[u8], _: &Rules) -> Result<Self, FormError> {
        only_reason(json).map(|reason| Self::Archive { reason })
    }

    /// Reads `{"motivo": …}`.
    ///
    /// # Errors
    /// [`FormError`]: malformed JSON, or all violations.
    pub fn unarchive(json: &[u8], _: &Rules) -> Result<Self, FormError> {
        only_reason(json).map(|reason| Self::Unarchive { reason })
    }
}

fn only_reason(json: &[u8]) -> Result<Reason, FormError> {
    let mut form = Form::read(json, ["motivo"])?;
    let reason = form.take_required(reason);
    form.finish_with(reason)
}

fn reason(value: &Value<'_>) -> Result<Option<Reason>, Problem> {
    value.trimmed()?.map(Reason::new).transpose()
}

fn status(value: &Value<'_>) -> Result<Option<Status>, Problem> {
    let unknown = || Problem::UnknownValue { allowed: Status::ALL.map(|status| status.name().to_owned()).into() };
    value.trimmed()?.map(|text| Status::from_input(text).ok_or_else(unknown)).transpose()
}

fn asked_by(value: &Value<'_>) -> Result<Option<AskedBy>, Problem> {
    let unknown = || Problem::UnknownValue { allowed: AskedBy::ALL.map(|role| role.name().to_owned()).into() };
    value.trimmed()?.map(|text| AskedBy::from_name(&text.to_uppercase()).ok_or_else(unknown)).transpose()
}

fn priority(value: &Value<'_>, rules: &Rules) -> Result<Option<String>, Problem> {
    checked(value, rules.text_rule(Field::Priority), |text| rules.check_priority(text))
}

fn area(value: &Value<'_>, rules: &Rules) -> Result<Option<String>, Problem> {
    checked(value, rules.text_rule(Field::Area), |text| rules.check_area(text))
}

fn checked(
    value: &Value<'_>,
    rule: TextRule,
    check: impl FnOnce(&str) -> Result<(), Problem>,
) -> Result<Option<String>, Problem> {
    let text = value.text(rule)?;
    text.map_or(Ok(()), check)?;
    Ok(text.map(str::to_owned))
}

/// An id that is none names nobody.
fn agent(value: &Value<'_>) -> Result<Option<ActorId>, Problem> {
    let id = |text: &str| Uuid::try_parse(text).map(ActorId).map_err(|_| Problem::UnavailableAgent);
    value.trimmed()?.map(id).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    type Read = fn(&[u8], &Rules) -> Result<Order, FormError>;

    #[track_caller]
    fn check(read: Read, json: &str, error: &str) {
        assert_eq!(read(json.as_bytes(), &Rules::default()).unwrap_err().to_string(), error);
    }

    #[test]
    fn everything_wrong_with_a_form_is_said_at_once() {
        check(
            Order::update,
            r#"{"estado": "RESUELTISIMO", "prioridad": "123456789012345678901", "area": 7, "respuesta": "hola"}"#,
            "estado: unknown-value; prioridad: too-long; area: wrong-type; respuesta: too-short",
        );
        check(Order::assign, "{}", "agenteId: required; motivo: required");
        check(Order::assign, r#"{"agenteId": "7", "motivo": "xy"}"#, "agenteId: unavailable-agent; motivo: too-short");
        check(Order::transfer, r#"{"agenteId": ""}"#, "nuevaArea: required; motivo: required");
        check(
            Order::reclassify,
            r#"{"nuevaPrioridad": null, "nuevaCategoria": " x ", "motivo": true}"#,
            "nuevaPrioridad: required; nuevaCategoria: too-short; motivo: wrong-type",
        );
        check(
            Order::cancel,
            r#"{"motivo": "a\u0000b", "rol": "ADMIN"}"#,
            "motivo: control-character; rol: unknown-value",
        );
        for read in [Order::pause, Order::reopen, Order::archive, Order::unarchive] as [Read; 4] {
            check(read, r#"{"motivo": "ab", "motivo": "abc"}"#, "motivo: repeated");
            check(read, "[]", "body: wrong-type");
            check(read, "", "malformed JSON at line 1, column 0");
        }
    }

    #[test]
    fn what_is_left_out_of_an_update_stays() {
        let read = |json: &str| Order::update(json.as_bytes(), &Rules::default()).unwrap();
        let nothing = Order::Update { status: None, priority: None, area: None, reply: None };
        assert_eq!(read("{}"), nothing);
        assert_eq!(read(r#"{"estado": null, "prioridad": " ", "area": "", "respuesta": ""}"#), nothing);
        let status = Some(Status::InProgress);
        assert_eq!(
            read(r#"{"estado": " en proceso "}"#),
            Order::Update { status, priority: None, area: None, reply: None }
        );
    }

    #[test]
    fn rules_that_take_known_values_only_are_asked() {
        let rules = Rules::from_json(r#"{"areas": {"soloConocidas": true}, "prioridades": {"soloConocidas": true}}"#);
        let form = br#"{"nuevaArea": "Marte", "motivo": "porque"}"#;
        let error = Order::transfer(form, &rules.clone().unwrap()).unwrap_err().to_string();
        assert_eq!(error, "nuevaArea: unknown-value");
        let form = br#"{"nuevaPrioridad": "otra", "nuevaCategoria": "Redes", "motivo": "porque"}"#;
        let error = Order::reclassify(form, &rules.unwrap()).unwrap_err().to_string();
        assert_eq!(error, "nuevaPrioridad: unknown-value");
    }
}
