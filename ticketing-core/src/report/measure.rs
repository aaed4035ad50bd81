//! The one table of what reports tell. Answers, their captions and documentation are derived from it.

use crate::Locale;

/// A figure of a report, in the order of the table.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Measure {
    /// Tickets created. One that was imported counts when it was created in the system it came from.
    Created,
    /// Times a resolved or closed ticket was opened again.
    Reopened,
    /// Created plus reopened.
    Inflow,
    /// Open tickets that became RESUELTO or CERRADO; each reopening may count again. They count for the area and the agent that had them.
    Resolved,
    /// Tickets canceled: over without a solution.
    Canceled,
    /// Resolved plus canceled.
    Outflow,
    /// Tickets that became CERRADO, also by themselves or by being archived.
    Closed,
    /// Changes of area, also by escalation. They count for the area that the ticket left.
    Transferred,
    /// Working time to the first answer that the requester sees, or to the resolution; as the SLA's clock counts it, without an SLA in the general calendar.
    FirstResponseWorking,
    /// Calendar time to the first answer that the requester sees, or to the resolution.
    FirstResponseCalendar,
    /// Working time from the requester's first comment without an answer to the answer.
    NextResponseWorking,
    /// Calendar time from the requester's first comment without an answer to the answer.
    NextResponseCalendar,
    /// Working time to the resolution, without pauses and the time in which it was finished; as the SLA's clock counts it, without an SLA in the general calendar.
    ResolutionWorking,
    /// Calendar time from the start of the resolution's clock to the resolution, pauses included.
    ResolutionCalendar,
    /// First responses in time, among those that had a time. They count when the answer was given.
    FirstResponseInTime,
    /// Next responses in time, among those that had a time. They count when the answer was given.
    NextResponseInTime,
    /// Resolutions in time, among those that had a time or a due date set by hand. They count when the ticket was resolved.
    ResolutionInTime,
    /// Times for a first response that were up without one. They count when they were up.
    FirstResponseBreached,
    /// Times for a next response that were up without one. They count when they were up.
    NextResponseBreached,
    /// Times for a resolution that were up without one, in each cycle. They count when they were up.
    ResolutionBreached,
    /// Reopenings for each resolution of the same period; may be more than 1.
    ReopenRate,
    /// Resolutions that were the first that the requester heard of the desk, never reopened before, among those made here.
    OneTouchRate,
    /// Time in PAUSADO of resolved tickets, among all for which they were open since their creation or last reopening, in milliseconds.
    PauseShare,
    /// Tickets open and not archived at the end of the period, where they were then.
    Backlog,
    /// The backlog by its age at the end of the period, or now where that is still to come, from the hour in which it was created: less
    /// than 1, 3, 7, 30 and 90 days, and more.
    BacklogAge,
}

/// In which clock a figure is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Counts {
    /// In none: what happened is counted.
    Events,
    /// In working time.
    WorkingTime,
    /// In all time.
    CalendarTime,
}

impl Counts {
    /// Its name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Events => "hechos",
            Self::WorkingTime => "laboral",
            Self::CalendarTime => "calendario",
        }
    }
}

/// What a figure is a number of.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Unit {
    /// Of tickets, or of times that something happened to one.
    Tickets,
    /// Of lengths of time: how many, and their percentiles.
    Time,
    /// Of some among others.
    Share,
    /// Of tickets, by how old they are.
    Ages,
}

/// A row of the table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MeasureSpec {
    /// Which figure.
    pub measure: Measure,
    /// Its stable name on the wire.
    pub code: &'static str,
    /// In which clock it is.
    pub counts: Counts,
    /// What it is a number of.
    pub unit: Unit,
    /// What it is called, in es, en and pt.
    pub names: [&'static str; 3],
    /// The sentence that stands beside it, in es, en and pt.
    pub says: [&'static str; 3],
}

/// The table.
pub const MEASURES: [MeasureSpec; 25] = [
    MeasureSpec {
        measure: Measure::Created,
        code: "creados",
        counts: Counts::Events,
        unit: Unit::Tickets,
        names: ["Creados", "Created", "Criados"],
        says: [
            "Tickets creados. Uno importado cuenta cuando se creó en el sistema de origen.",
            "Tickets created. One that was imported counts when it was created in the system it came from.",
            "Chamados criados. Um importado conta quando foi criado no sistema de origem.",
        ],
    },
    MeasureSpec {
        measure: Measure::Reopened,
        code: "reabiertos",
        counts: Counts::Events,
        unit: Unit::Tickets,
        names: ["Reabiertos", "Reopened", "Reabertos"],
        says: [
            "Veces que un ticket resuelto o cerrado volvió a abrirse.",
            "Times a resolved or closed ticket was opened again.",
            "Vezes que um chamado resolvido ou fechado foi reaberto.",
        ],
    },
    MeasureSpec {
        measure: Measure::Inflow,
        code: "entradas",
        counts: Counts::Events,
        unit: Unit::Tickets,
        names: ["Entradas", "Inflow", "Entradas"],
        says: ["Creados más reabiertos.", "Created plus reopened.", "Criados mais reabertos."],
    },
    MeasureSpec {
        measure: Measure::Resolved,
        code: "resueltos",
        counts: Counts::Events,
        unit: Unit::Tickets,
        names: ["Resueltos", "Resolved", "Resolvidos"],
        says: [
            "Tickets abiertos que pasaron a RESUELTO o a CERRADO; cada reapertura puede contar otra vez. Cuentan para el área y el agente que los tenían.",
            "Open tickets that became RESUELTO or CERRADO; each reopening may count again. They count for the area and the agent that had them.",
            "Chamados abertos que passaram a RESUELTO ou CERRADO; cada reabertura pode contar de novo. Contam para a área e o agente que os tinham.",
        ],
    },
    MeasureSpec {
        measure: Measure::Canceled,
        code: "cancelados",
        counts: Counts::Events,
        unit: Unit::Tickets,
        names: ["Cancelados", "Canceled", "Cancelados"],
        says: [
            "Tickets cancelados: terminados sin solución.",
            "Tickets canceled: over without a solution.",
            "Chamados cancelados: encerrados sem solução.",
        ],
    },
    MeasureSpec {
        measure: Measure::Outflow,
        code: "salidas",
        counts: Counts::Events,
        unit: Unit::Tickets,
        names: ["Salidas", "Outflow", "Saídas"],
        says: ["Resueltos más cancelados.", "Resolved plus canceled.", "Resolvidos mais cancelados."],
    },
    MeasureSpec {
        measure: Measure::Closed,
        code: "cerrados",
        counts: Counts::Events,
        unit: Unit::Tickets,
        names: ["Cerrados", "Closed", "Fechados"],
        says: [
            "Tickets que pasaron a CERRADO, también por sí solos o al archivarlos.",
            "Tickets that became CERRADO, also by themselves or by being archived.",
            "Chamados que passaram a CERRADO, também por si sós ou ao serem arquivados.",
        ],
    },
    MeasureSpec {
        measure: Measure::Transferred,
        code: "transferencias",
        counts: Counts::Events,
        unit: Unit::Tickets,
        names: ["Transferencias", "Transfers", "Transferências"],
        says: [
            "Cambios de área, también por escalamiento. Cuentan para el área que el ticket dejó.",
            "Changes of area, also by escalation. They count for the area that the ticket left.",
            "Mudanças de área, também por escalonamento. Contam para a área que o chamado deixou.",
        ],
    },
    MeasureSpec {
        measure: Measure::FirstResponseWorking,
        code: "primeraRespuestaLaboral",
        counts: Counts::WorkingTime,
        unit: Unit::Time,
        names: [
            "Primera respuesta (tiempo laboral)",
            "First response (working time)",
            "Primeira resposta (tempo útil)",
        ],
        says: [
            "Tiempo laboral hasta la primera respuesta que ve el solicitante, o hasta la resolución; lo cuenta el reloj del SLA, y sin SLA el calendario general.",
            "Working time to the first answer that the requester sees, or to the resolution; as the SLA's clock counts it, without an SLA in the general calendar.",
            "Tempo útil até a primeira resposta que o solicitante vê, ou até a resolução; contado pelo relógio do SLA, e sem SLA pelo calendário geral.",
        ],
    },
    MeasureSpec {
        measure: Measure::FirstResponseCalendar,
        code: "primeraRespuestaCalendario",
        counts: Counts::CalendarTime,
        unit: Unit::Time,
        names: [
            "Primera respuesta (calendario)",
            "First response (calendar time)",
            "Primeira resposta (tempo corrido)",
        ],
        says: [
            "Tiempo de calendario hasta la primera respuesta que ve el solicitante, o hasta la resolución.",
            "Calendar time to the first answer that the requester sees, or to the resolution.",
            "Tempo corrido até a primeira resposta que o solicitante vê, ou até a resolução.",
        ],
    },
    MeasureSpec {
        measure: Measure::NextResponseWorking,
        code: "siguienteRespuestaLaboral",
        counts: Counts::WorkingTime,
        unit: Unit::Time,
        names: [
            "Siguiente respuesta (tiempo laboral)",
            "Next response (working time)",
            "Resposta seguinte (tempo útil)",
        ],
        says: [
            "Tiempo laboral desde el primer comentario sin responder del solicitante hasta la respuesta.",
            "Working time from the requester's first comment without an answer to the answer.",
            "Tempo útil desde o primeiro comentário sem resposta do solicitante até a resposta.",
        ],
    },
    MeasureSpec {
        measure: Measure::NextResponseCalendar,
        code: "siguienteRespuestaCalendario",
        counts: Counts::CalendarTime,
        unit: Unit::Time,
        names: [
            "Siguiente respuesta (calendario)",
            "Next response (calendar time)",
            "Resposta seguinte (tempo corrido)",
        ],
        says: [
            "Tiempo de calendario desde el primer comentario sin responder del solicitante hasta la respuesta.",
            "Calendar time from the requester's first comment without an answer to the answer.",
            "Tempo corrido desde o primeiro comentário sem resposta do solicitante até a resposta.",
        ],
    },
    MeasureSpec {
        measure: Measure::ResolutionWorking,
        code: "resolucionLaboral",
        counts: Counts::WorkingTime,
        unit: Unit::Time,
        names: ["Resolución (tiempo laboral)", "Resolution (working time)", "Resolução (tempo útil)"],
        says: [
            "Tiempo laboral hasta la resolución, sin pausas ni el tiempo ya terminado; lo cuenta el reloj del SLA, y sin SLA el calendario general.",
            "Working time to the resolution, without pauses and the time in which it was finished; as the SLA's clock counts it, without an SLA in the general calendar.",
            "Tempo útil até a resolução, sem pausas nem o tempo em que já estava encerrado; contado pelo relógio do SLA, e sem SLA pelo calendário geral.",
        ],
    },
    MeasureSpec {
        measure: Measure::ResolutionCalendar,
        code: "resolucionCalendario",
        counts: Counts::CalendarTime,
        unit: Unit::Time,
        names: ["Resolución (calendario)", "Resolution (calendar time)", "Resolução (tempo corrido)"],
        says: [
            "Tiempo de calendario desde que arrancó el reloj de la resolución hasta la resolución, pausas incluidas.",
            "Calendar time from the start of the resolution's clock to the resolution, pauses included.",
            "Tempo corrido desde o início do relógio da resolução até a resolução, pausas incluídas.",
        ],
    },
    MeasureSpec {
        measure: Measure::FirstResponseInTime,
        code: "cumplimientoPrimeraRespuesta",
        counts: Counts::WorkingTime,
        unit: Unit::Share,
        names: ["Primera respuesta a tiempo", "First response in time", "Primeira resposta no prazo"],
        says: [
            "Primeras respuestas a tiempo, entre las que tenían un plazo. Cuentan al responder.",
            "First responses in time, among those that had a time. They count when the answer was given.",
            "Primeiras respostas no prazo, entre as que tinham um prazo. Contam ao responder.",
        ],
    },
    MeasureSpec {
        measure: Measure::NextResponseInTime,
        code: "cumplimientoSiguienteRespuesta",
        counts: Counts::WorkingTime,
        unit: Unit::Share,
        names: ["Siguiente respuesta a tiempo", "Next response in time", "Resposta seguinte no prazo"],
        says: [
            "Siguientes respuestas a tiempo, entre las que tenían un plazo. Cuentan al responder.",
            "Next responses in time, among those that had a time. They count when the answer was given.",
            "Respostas seguintes no prazo, entre as que tinham um prazo. Contam ao responder.",
        ],
    },
    MeasureSpec {
        measure: Measure::ResolutionInTime,
        code: "cumplimientoResolucion",
        counts: Counts::WorkingTime,
        unit: Unit::Share,
        names: ["Resolución a tiempo", "Resolution in time", "Resolução no prazo"],
        says: [
            "Resoluciones a tiempo, entre las que tenían un plazo o una fecha límite puesta a mano. Cuentan al resolver.",
            "Resolutions in time, among those that had a time or a due date set by hand. They count when the ticket was resolved.",
            "Resoluções no prazo, entre as que tinham um prazo ou uma data limite posta à mão. Contam ao resolver.",
        ],
    },
    MeasureSpec {
        measure: Measure::FirstResponseBreached,
        code: "vencidosPrimeraRespuesta",
        counts: Counts::WorkingTime,
        unit: Unit::Tickets,
        names: ["Primeras respuestas vencidas", "First responses breached", "Primeiras respostas vencidas"],
        says: [
            "Plazos de primera respuesta que vencieron sin respuesta. Cuentan cuando vencieron.",
            "Times for a first response that were up without one. They count when they were up.",
            "Prazos de primeira resposta que venceram sem resposta. Contam quando venceram.",
        ],
    },
    MeasureSpec {
        measure: Measure::NextResponseBreached,
        code: "vencidosSiguienteRespuesta",
        counts: Counts::WorkingTime,
        unit: Unit::Tickets,
        names: ["Siguientes respuestas vencidas", "Next responses breached", "Respostas seguintes vencidas"],
        says: [
            "Plazos de siguiente respuesta que vencieron sin respuesta. Cuentan cuando vencieron.",
            "Times for a next response that were up without one. They count when they were up.",
            "Prazos de resposta seguinte que venceram sem resposta. Contam quando venceram.",
        ],
    },
    MeasureSpec {
        measure: Measure::ResolutionBreached,
        code: "vencidosResolucion",
        counts: Counts::WorkingTime,
        unit: Unit::Tickets,
        names: ["Resoluciones vencidas", "Resolutions breached", "Resoluções vencidas"],
        says: [
            "Plazos de resolución que vencieron sin ella, en cada ciclo. Cuentan cuando vencieron.",
            "Times for a resolution that were up without one, in each cycle. They count when they were up.",
            "Prazos de resolução que venceram sem ela, em cada ciclo. Contam quando venceram.",
        ],
    },
    MeasureSpec {
        measure: Measure::ReopenRate,
        code: "tasaReapertura",
        counts: Counts::Events,
        unit: Unit::Share,
        names: ["Tasa de reapertura", "Reopen rate", "Taxa de reabertura"],
        says: [
            "Reaperturas por cada resolución del mismo periodo; puede pasar de 1.",
            "Reopenings for each resolution of the same period; may be more than 1.",
            "Reaberturas por resolução do mesmo período; pode passar de 1.",
        ],
    },
    MeasureSpec {
        measure: Measure::OneTouchRate,
        code: "unSoloContacto",
        counts: Counts::Events,
        unit: Unit::Share,
        names: ["Un solo contacto", "One touch", "Um só contato"],
        says: [
            "Resoluciones que fueron lo primero que el solicitante oyó de la mesa, sin reaperturas, entre las hechas aquí.",
            "Resolutions that were the first that the requester heard of the desk, never reopened before, among those made here.",
            "Resoluções que foram o primeiro que o solicitante ouviu da mesa, sem reaberturas, entre as feitas aqui.",
        ],
    },
    MeasureSpec {
        measure: Measure::PauseShare,
        code: "tiempoEnPausa",
        counts: Counts::CalendarTime,
        unit: Unit::Share,
        names: ["Tiempo en pausa", "Time paused", "Tempo em pausa"],
        says: [
            "Tiempo en PAUSADO de los tickets resueltos, entre todo el que estuvieron abiertos desde su creación o última reapertura, en milisegundos.",
            "Time in PAUSADO of resolved tickets, among all for which they were open since their creation or last reopening, in milliseconds.",
            "Tempo em PAUSADO dos chamados resolvidos, entre todo o que ficaram abertos desde a criação ou última reabertura, em milissegundos.",
        ],
    },
    MeasureSpec {
        measure: Measure::Backlog,
        code: "pendientes",
        counts: Counts::Events,
        unit: Unit::Tickets,
        names: ["Pendientes", "Backlog", "Pendentes"],
        says: [
            "Tickets abiertos y sin archivar al final del periodo, donde estaban entonces.",
            "Tickets open and not archived at the end of the period, where they were then.",
            "Chamados abertos e não arquivados no fim do período, onde estavam então.",
        ],
    },
    MeasureSpec {
        measure: Measure::BacklogAge,
        code: "antiguedadPendientes",
        counts: Counts::CalendarTime,
        unit: Unit::Ages,
        names: ["Antigüedad de los pendientes", "Backlog by age", "Pendentes por idade"],
        says: [
            "Los pendientes según su edad al final del periodo, o ahora si aún no termina, desde la hora en que se crearon: menos de 1, 3, 7, 30 y 90 días, y más.",
            "The backlog by its age at the end of the period, or now where that is still to come, from the hour in which it was created: less than 1, 3, 7, 30 and 90 days, and more.",
            "Os pendentes por idade no fim do período, ou agora se ainda não terminou, desde a hora em que foram criados: menos de 1, 3, 7, 30 e 90 dias, e mais.",
        ],
    },
];

impl Measure {
    /// Its row of the table.
    pub fn spec(self) -> Option<&'static MeasureSpec> {
        MEASURES.iter().find(|spec| spec.measure == self)
    }

    /// The measure of that name on the wire.
    pub fn from_code(code: &str) -> Option<Self> {
        MEASURES.iter().find(|spec| spec.code == code).map(|spec| spec.measure)
    }
}

impl MeasureSpec {
    /// What it is called.
    pub fn name(&self, locale: Locale) -> &'static str {
        locale.pick(self.names)
    }

    /// The sentence that stands beside the figure.
    pub fn sentence(&self, locale: Locale) -> &'static str {
        locale.pick(self.says)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_each_measure_once_and_in_order() {
        assert!(MEASURES.windows(2).all(|pair| pair[0].measure < pair[1].measure));
        assert_eq!(MEASURES.last().map(|spec| spec.measure), Some(Measure::BacklogAge));
        for spec in &MEASURES {
            assert_eq!(spec.measure.spec(), Some(spec));
            assert_eq!(Measure::from_code(spec.code), Some(spec.measure));
            assert!(Locale::ALL.iter().all(|locale| spec.sentence(*locale).ends_with('.')));
        }
        for locale in Locale::ALL {
            let names: std::collections::BTreeSet<_> = MEASURES.iter().map(|spec| spec.name(locale)).collect();
            assert_eq!(names.len(), MEASURES.len(), "no two are called alike");
        }
    }
}
