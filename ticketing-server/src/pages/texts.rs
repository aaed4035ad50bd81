//! Everything that the pages say, in three languages. Labels, helps and messages of fields are the core's.

use serde::Serialize;
use ticketing_core::Locale;

macro_rules! texts {
    ($(#[$meta:meta])* $name:ident, $es:ident, $en:ident, $pt:ident; $($text:ident: $in_es:literal, $in_en:literal, $in_pt:literal;)*) => {
        $(#[$meta])*
        pub(super) struct $name {
            $(pub(super) $text: &'static str,)*
        }
        static $es: $name = $name { $($text: $in_es,)* };
        static $en: $name = $name { $($text: $in_en,)* };
        static $pt: $name = $name { $($text: $in_pt,)* };
    };
}

/// What the pages say in a language.
pub(super) fn texts(locale: Locale) -> &'static Texts {
    match locale {
        Locale::Es => &ES,
        Locale::En => &EN,
        Locale::Pt => &PT,
    }
}

/// What their scripts say in a language.
pub(super) fn script_texts(locale: Locale) -> &'static ScriptTexts {
    match locale {
        Locale::Es => &SCRIPT_ES,
        Locale::En => &SCRIPT_EN,
        Locale::Pt => &SCRIPT_PT,
    }
}

texts! {
    /// What the pages say.
    Texts, ES, EN, PT;

    // Every page
    desk: "Mesa de Ayuda", "Help Desk", "Central de Ajuda";
    skip: "Ir al contenido", "Skip to content", "Ir para o conteúdo";
    pages: "Páginas", "Pages", "Páginas";
    language: "Idioma", "Language", "Idioma";
    request: "Nueva solicitud", "New request", "Nova solicitação";
    look_up: "Consultar", "Look up", "Consultar";
    error_prefix: "Error: ", "Error: ", "Erro: ";
    footer: "No necesita una cuenta: basta su etiqueta y su correo.", "No account needed: your label and e-mail address are enough.", "Não é preciso ter conta: bastam a etiqueta e o e-mail.";

    // Errors
    failed_title: "No se pudo completar", "That did not work", "Não foi possível concluir";
    failed_hint: "Vuelva a la página anterior: lo que escribió debería seguir ahí.", "Go back to the previous page: what you wrote should still be there.", "Volte à página anterior: o que escreveu ainda deve estar lá.";
    back_home: "Ir al inicio", "Go to the start", "Ir para o início";
    problem: "Hay un problema", "There is a problem", "Há um problema";
    problem_one: "Hay un dato por corregir", "One thing needs correcting", "Há um dado a corrigir";
    problem_many: "Hay {n} datos por corregir", "{n} things need correcting", "Há {n} dados a corrigir";

    // Start
    home_title: "¿En qué podemos ayudarle?", "How can we help you?", "Como podemos ajudar?";
    home_lead: "Cuéntenos qué necesita y siga su solicitud hasta que quede resuelta.", "Tell us what you need and follow your request until it is solved.", "Conte-nos o que precisa e acompanhe a solicitação até ser resolvida.";
    home_request: "Describa su problema o petición. Recibirá una etiqueta para hacerle seguimiento.", "Describe your problem or request. You will get a label to follow it with.", "Descreva o seu problema ou pedido. Receberá uma etiqueta para acompanhar.";
    home_look_up: "Vea cómo va su solicitud y responda a quien la atiende.", "See how your request is going and answer whoever works on it.", "Veja como está a sua solicitação e responda a quem atende.";
    home_request_go: "Crear una solicitud", "Make a request", "Criar uma solicitação";
    home_look_up_go: "Consultar una solicitud", "Look a request up", "Consultar uma solicitação";

    // The ticket form
    form_title: "Nueva solicitud", "New request", "Nova solicitação";
    form_lead: "Cuéntenos qué ocurre. Todo es obligatorio, salvo lo que dice «opcional».", "Tell us what happens. Everything is required unless it says “optional”.", "Conte-nos o que acontece. Tudo é obrigatório, salvo o que diz “opcional”.";
    section_request: "Su solicitud", "Your request", "Sua solicitação";
    section_person: "Sus datos", "About you", "Seus dados";
    optional: "(opcional)", "(optional)", "(opcional)";
    choose: "Elija una opción", "Choose an option", "Escolha uma opção";
    any_area: "La que corresponda", "Whichever fits", "A que corresponder";
    submit: "Enviar solicitud", "Send request", "Enviar solicitação";
    start_over: "Borrar y empezar de nuevo", "Clear and start over", "Apagar e começar de novo";
    key_reused: "Este formulario ya se había enviado con otros datos. Para crear otra solicitud con estos, envíelo de nuevo.", "This form was already sent with other values. To make another request with these, send it again.", "Este formulário já foi enviado com outros dados. Para criar outra solicitação com estes, envie-o de novo.";
    key_in_flight: "Esta solicitud se está procesando. Espere unos segundos y envíela de nuevo: no se duplicará.", "This request is being worked on. Wait a few seconds and send it again: it will not be doubled.", "Esta solicitação está sendo processada. Espere alguns segundos e envie-a de novo: não será duplicada.";

    // After it
    created_title: "Recibimos su solicitud", "We have your request", "Recebemos a sua solicitação";
    created_lead: "Guarde esta etiqueta: con ella y su correo puede consultarla.", "Keep this label: with it and your e-mail address you can look your request up.", "Guarde esta etiqueta: com ela e o seu e-mail pode consultá-la.";
    label: "Etiqueta", "Label", "Etiqueta";
    copy: "Copiar", "Copy", "Copiar";
    due_before: "Respuesta antes de", "Answer before", "Resposta antes de";
    follow: "Ver el estado", "See its state", "Ver o estado";
    another: "Crear otra solicitud", "Make another request", "Criar outra solicitação";

    // The look-up
    look_up_title: "Consultar una solicitud", "Look a request up", "Consultar uma solicitação";
    look_up_lead: "Escriba la etiqueta que recibió y el correo con el que hizo la solicitud.", "Type the label that you got and the e-mail address that you made the request with.", "Escreva a etiqueta que recebeu e o e-mail com que fez a solicitação.";
    label_help: "Por ejemplo {label}. Dan igual mayúsculas, guiones o espacios.", "For example {label}. Capitals, hyphens or spaces do not matter.", "Por exemplo {label}. Maiúsculas, hífens ou espaços não importam.";
    email: "Correo electrónico", "E-mail", "E-mail";
    email_help: "Exactamente como lo escribió entonces.", "Exactly as you wrote it then.", "Exatamente como escreveu então.";
    search: "Consultar", "Look up", "Consultar";
    not_found: "No encontramos una solicitud con esa etiqueta y ese correo. Revise ambos: el correo debe ser idéntico al que usó.", "We found no request with that label and e-mail address. Check both: the address must be the very one that you used.", "Não encontramos uma solicitação com essa etiqueta e esse e-mail. Confira ambos: o e-mail deve ser idêntico ao que usou.";
    search_another: "Consultar otra", "Look up another one", "Consultar outra";

    // A ticket
    status: "Estado", "Status", "Estado";
    timeline: "Recorrido", "Timeline", "Percurso";
    created: "Solicitud creada", "Request made", "Solicitação criada";
    due: "Plazo de respuesta", "Answer due", "Prazo de resposta";
    due_running: "Dentro del plazo.", "Within its time.", "Dentro do prazo.";
    due_paused: "El plazo está detenido.", "Its time stands still.", "O prazo está parado.";
    due_breached: "El plazo ya pasó.", "Its time is over.", "O prazo já passou.";
    by_you: "Usted", "You", "Você";
    by_desk: "La mesa de ayuda", "The help desk", "A central de ajuda";
    reply: "Respuesta de la mesa de ayuda", "The help desk's reply", "Resposta da central de ajuda";
    details: "Detalles", "Details", "Detalhes";
    changed_status: "Estado: {a} → {b}", "Status: {a} → {b}", "Estado: {a} → {b}";
    changed_priority: "Prioridad: {a} → {b}", "Priority: {a} → {b}", "Prioridade: {a} → {b}";
    changed_area: "Área: {a} → {b}", "Area: {a} → {b}", "Área: {a} → {b}";
    nothing: "ninguna", "none", "nenhuma";
    answer: "Responder", "Answer", "Responder";
    answer_help: "Agregue información o cuente si el problema sigue. De {min} a {max} caracteres.", "Add what you know, or tell us that the problem is still there. {min} to {max} characters.", "Acrescente informação ou conte se o problema continua. De {min} a {max} caracteres.";
    answer_reopens: "Si responde, la solicitud se vuelve a abrir.", "If you answer, the request is opened again.", "Se responder, a solicitação será reaberta.";
    answer_go: "Enviar respuesta", "Send answer", "Enviar resposta";
    answered: "Registramos su respuesta.", "We have your answer.", "Registramos a sua resposta.";
    answer_closed: "Esta solicitud ya no admite respuestas. Si necesita algo más, cree otra y mencione esta etiqueta.", "This request takes no more answers. If you need something else, make another one and mention this label.", "Esta solicitação não aceita mais respostas. Se precisar de algo mais, crie outra e mencione esta etiqueta.";
    yes: "sí", "yes", "sim";
    no: "no", "no", "não";
}

texts! {
    /// What the scripts of the pages say: a page hands it to them as JSON. Words in braces are filled in there.
    #[derive(Serialize)]
    ScriptTexts, SCRIPT_ES, SCRIPT_EN, SCRIPT_PT;

    problem: "Hay un problema", "There is a problem", "Há um problema";
    one: "Hay un dato por corregir", "One thing needs correcting", "Há um dado a corrigir";
    many: "Hay {n} datos por corregir", "{n} things need correcting", "Há {n} dados a corrigir";
    deadline: "Si la envía ahora: respuesta antes de {when}.", "If you send it now: answer before {when}.", "Se enviar agora: resposta antes de {when}.";
    count: "{n} de {max} caracteres", "{n} of {max} characters", "{n} de {max} caracteres";
    sending: "Enviando…", "Sending…", "Enviando…";
    restored: "Recuperamos el borrador que dejó en este navegador.", "We restored the draft that you left in this browser.", "Recuperamos o rascunho que deixou neste navegador.";
    offline: "Sin conexión. Su solicitud quedó guardada en este navegador y se enviará sola cuando vuelva la conexión. No cierre la página o vuelva a abrirla después.", "No connection. Your request is kept in this browser and will be sent by itself when the connection is back. Keep this page open, or open it again later.", "Sem conexão. A sua solicitação ficou guardada neste navegador e será enviada quando a conexão voltar. Mantenha a página aberta ou abra-a de novo depois.";
    waiting: "Todavía no se pudo enviar: {reason} Se intentará de nuevo.", "It could not be sent yet: {reason} It will be tried again.", "Ainda não foi possível enviar: {reason} Haverá nova tentativa.";
    stale: "Una solicitud del {when} quedó sin enviar. Ha pasado tanto tiempo que, si llegó entonces, enviarla ahora la duplicaría. ¿La enviamos?", "A request of {when} was not sent. So much time has passed that, if it did arrive then, sending it now would double it. Shall we send it?", "Uma solicitação de {when} não foi enviada. Passou tanto tempo que, se ela chegou então, enviá-la agora a duplicaria. Enviamos?";
    send_now: "Enviar ahora", "Send now", "Enviar agora";
    edit: "Volver a editar", "Edit again", "Voltar a editar";
    discard: "Descartar", "Discard", "Descartar";
    earlier: "Ya habíamos recibido una versión anterior de esta solicitud. Si cambió algo, cuéntelo con una respuesta en la consulta.", "We already had an earlier version of this request. If you changed something, tell us with an answer on the look-up page.", "Já tínhamos recebido uma versão anterior desta solicitação. Se mudou algo, conte-nos com uma resposta na consulta.";
    reused: "Este formulario ya se había enviado con otros datos. Para crear otra solicitud con estos, envíelo de nuevo.", "This form was already sent with other values. To make another request with these, send it again.", "Este formulário já foi enviado com outros dados. Para criar outra solicitação com estes, envie-o de novo.";
    failed: "No se pudo enviar. Inténtelo de nuevo.", "It could not be sent. Try again.", "Não foi possível enviar. Tente de novo.";
    no_connection: "Sin conexión: no se pudo enviar. Inténtelo de nuevo cuando vuelva.", "No connection: it could not be sent. Try again when it is back.", "Sem conexão: não foi possível enviar. Tente de novo quando voltar.";
    copied: "Etiqueta copiada", "Label copied", "Etiqueta copiada";
    reads_as: "Se buscará {label}.", "{label} will be looked up.", "Será consultada {label}.";
    no_label: "Eso no parece una etiqueta.", "That does not look like a label.", "Isso não parece uma etiqueta.";
}
