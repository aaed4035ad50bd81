//! The one table of a new ticket's fields. Validation, JSON Schema, HTML attributes, TypeScript types and documentation are
//! derived from it.

use crate::{
    Locale,
    limits::{
        AREA_CHARS_MAX, ASUNTO_CHARS_MAX, CATEGORIA_CHARS_MAX, CATEGORIA_CHARS_MIN, DESCRIPCION_CHARS_MAX,
        DESCRIPCION_CHARS_MIN, DOCUMENTO_CHARS_MAX, EMPRESA_CHARS_MAX, LINE_CHARS_CEILING, NOMBRE_CHARS_MAX,
        NOMBRE_CHARS_MIN, PRIORIDAD_CHARS_MAX, SUBCATEGORIA_CHARS_MAX, TELEFONO_CHARS_MAX,
    },
    violation::JsonType,
};

/// A field of a new ticket, in the order of the table.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Field {
    /// `nombre`: the requester's full name.
    Name,
    /// `email`: where the requester hears of the ticket, and what the look-up asks for.
    Email,
    /// `tipo`: what kind of request it is.
    Type,
    /// `categoria`: what it is about.
    Category,
    /// `descripcion`: the problem or request in full.
    Description,
    /// `prioridad`: how urgent it is.
    Priority,
    /// `documento`: national id or passport.
    Document,
    /// `telefono`: a phone number.
    Phone,
    /// `tieneWhatsapp`: whether that number takes `WhatsApp`.
    HasWhatsapp,
    /// `empresaDepartamento`: the requester's company or department.
    Company,
    /// `subcategoria`: what it is about, more narrowly.
    Subcategory,
    /// `asunto`: the subject line.
    Subject,
    /// `areaAsignada`: the area that is to work it first.
    Area,
}

/// What a field takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// A text of so many characters.
    Text {
        /// Fewest characters where the rules say nothing else.
        min: u32,
        /// Most characters where the rules say nothing else.
        max: u32,
        /// The most that rules may allow.
        ceiling: u32,
        /// Line breaks and tabs are allowed.
        multiline: bool,
    },
    /// An e-mail address.
    Email,
    /// One of the rules' ticket types, exactly so.
    Type,
    /// `true` or `false`.
    Flag,
}

impl Kind {
    /// The JSON type that carries it.
    pub const fn json_type(self) -> JsonType {
        match self {
            Self::Text { .. } | Self::Email | Self::Type => JsonType::String,
            Self::Flag => JsonType::Boolean,
        }
    }
}

/// A row of the table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FieldSpec {
    /// Which field.
    pub field: Field,
    /// Its name on the wire.
    pub name: &'static str,
    /// What it takes.
    pub kind: Kind,
    /// It must be given. Rules may require more, never less.
    pub required: bool,
}

impl FieldSpec {
    /// The field's label on a form.
    pub const fn label(&self, locale: Locale) -> &'static str {
        locale.pick(self.row().labels)
    }

    /// One line that helps to fill the field in.
    pub const fn help(&self, locale: Locale) -> &'static str {
        locale.pick(self.row().helps)
    }

    const fn row(&self) -> &'static Row {
        #[expect(clippy::indexing_slicing, reason = "a test proves that row n is field n; a const fn cannot use `get`")]
        &TABLE[self.field as usize]
    }
}

/// A row as it is written down. Its words stand apart from the rest: a program that shows none does not carry them.
struct Row {
    spec: FieldSpec,
    /// In the order of [`Locale::ALL`].
    labels: [&'static str; 3],
    /// In the order of [`Locale::ALL`].
    helps: [&'static str; 3],
}

const fn line(min: u32, max: u32) -> Kind {
    Kind::Text { min, max, ceiling: LINE_CHARS_CEILING, multiline: false }
}

const fn row(
    field: Field,
    name: &'static str,
    kind: Kind,
    required: bool,
    labels: [&'static str; 3],
    helps: [&'static str; 3],
) -> Row {
    Row { spec: FieldSpec { field, name, kind, required }, labels, helps }
}

/// The thirteen fields of a new ticket, in order.
#[expect(clippy::indexing_slicing, reason = "a constant has no iterators; each index is below the length")]
pub static FIELDS: [FieldSpec; Field::COUNT] = {
    let [first, ..] = TABLE;
    let mut specs = [first.spec; Field::COUNT];
    let mut index = 1;
    while index < Field::COUNT {
        specs[index] = TABLE[index].spec;
        index += 1;
    }
    specs
};

/// The fields in the order in which the seed's body has them: whoever writes a client begins with that.
pub(crate) const AS_SENT: [Field; Field::COUNT] = [
    Field::Name,
    Field::Email,
    Field::Phone,
    Field::HasWhatsapp,
    Field::Document,
    Field::Company,
    Field::Type,
    Field::Category,
    Field::Subcategory,
    Field::Subject,
    Field::Description,
    Field::Priority,
    Field::Area,
];

/// Their names on the wire, in that order.
#[expect(clippy::indexing_slicing, reason = "a constant has no iterators; each index is below the length")]
pub(crate) static NAMES_AS_SENT: [&str; Field::COUNT] = {
    let mut names = [""; Field::COUNT];
    let mut place = 0;
    while place < Field::COUNT {
        names[place] = AS_SENT[place].name();
        place += 1;
    }
    names
};

/// Of each field, in the order of the table, its place in that order.
#[expect(clippy::indexing_slicing, reason = "a constant has no iterators; each index is below the length")]
static PLACES_AS_SENT: [u8; Field::COUNT] = {
    let mut places = [0; Field::COUNT];
    let mut place = 0;
    while place < Field::COUNT {
        #[expect(clippy::cast_possible_truncation, reason = "below 13")]
        let of_field = place as u8;
        places[AS_SENT[place] as usize] = of_field;
        place += 1;
    }
    places
};

/// The table. Source: the seed.
#[rustfmt::skip]
const TABLE: [Row; Field::COUNT] = [
    row(Field::Name, "nombre", line(NOMBRE_CHARS_MIN, NOMBRE_CHARS_MAX), true,
        ["Nombre completo", "Full name", "Nome completo"],
        ["Nombre y apellidos de quien hace la solicitud.", "Name and surname of the person who asks.", "Nome e sobrenome de quem faz a solicitação."]),
    row(Field::Email, "email", Kind::Email, true,
        ["Correo electrónico", "E-mail", "E-mail"],
        ["Ahí recibirá las novedades; lo necesitará para consultar.", "News of the ticket goes there; you need it to look the ticket up.", "As novidades chegam ali; será necessário para consultar."]),
    row(Field::Type, "tipo", Kind::Type, true,
        ["Tipo de solicitud", "Type of request", "Tipo de solicitação"],
        ["Qué clase de solicitud es.", "What kind of request it is.", "Que tipo de solicitação é."]),
    row(Field::Category, "categoria", line(CATEGORIA_CHARS_MIN, CATEGORIA_CHARS_MAX), true,
        ["Categoría", "Category", "Categoria"],
        ["De qué se trata, por ejemplo Sistemas.", "What it is about, for example Sistemas.", "Do que se trata, por exemplo Sistemas."]),
    row(Field::Description, "descripcion",
        Kind::Text { min: DESCRIPCION_CHARS_MIN, max: DESCRIPCION_CHARS_MAX, ceiling: DESCRIPCION_CHARS_MAX, multiline: true }, true,
        ["Descripción", "Description", "Descrição"],
        ["Qué ocurre, desde cuándo y qué mensaje aparece.", "What happens, since when, and what message appears.", "O que acontece, desde quando e que mensagem aparece."]),
    row(Field::Priority, "prioridad", line(1, PRIORIDAD_CHARS_MAX), true,
        ["Prioridad", "Priority", "Prioridade"],
        ["Qué tan urgente es, por ejemplo BAJA, MEDIA, ALTA o CRITICA.", "How urgent it is, for example BAJA, MEDIA, ALTA or CRITICA.", "Qual é a urgência, por exemplo BAJA, MEDIA, ALTA ou CRITICA."]),
    row(Field::Document, "documento", line(1, DOCUMENTO_CHARS_MAX), false,
        ["Documento de identidad", "Identity document", "Documento de identidade"],
        ["Cédula, DNI o pasaporte.", "National id or passport number.", "Identidade ou passaporte."]),
    row(Field::Phone, "telefono", line(1, TELEFONO_CHARS_MAX), false,
        ["Teléfono", "Phone", "Telefone"],
        ["Con indicativo del país, por ejemplo +57.", "With the country code, for example +57.", "Com o código do país, por exemplo +55."]),
    row(Field::HasWhatsapp, "tieneWhatsapp", Kind::Flag, false,
        ["El teléfono tiene WhatsApp", "The phone has WhatsApp", "O telefone tem WhatsApp"],
        ["Si se puede escribir a ese número por WhatsApp.", "Whether that number takes WhatsApp messages.", "Se é possível escrever para esse número pelo WhatsApp."]),
    row(Field::Company, "empresaDepartamento", line(1, EMPRESA_CHARS_MAX), false,
        ["Empresa o departamento", "Company or department", "Empresa ou departamento"],
        ["Donde trabaja quien hace la solicitud.", "Where the person who asks works.", "Onde trabalha quem faz a solicitação."]),
    row(Field::Subcategory, "subcategoria", line(1, SUBCATEGORIA_CHARS_MAX), false,
        ["Subcategoría", "Subcategory", "Subcategoria"],
        ["De qué se trata, con más precisión.", "What it is about, more precisely.", "Do que se trata, com mais precisão."]),
    row(Field::Subject, "asunto", line(1, ASUNTO_CHARS_MAX), false,
        ["Asunto", "Subject", "Assunto"],
        ["En una línea, como el asunto de un correo.", "In one line, like the subject of an e-mail.", "Em uma linha, como o assunto de um e-mail."]),
    row(Field::Area, "areaAsignada", line(1, AREA_CHARS_MAX), false,
        ["Área", "Area", "Área"],
        ["El área que lo atenderá primero.", "The area that works it first.", "A área que atenderá primeiro."]),
];

impl Field {
    /// How many there are.
    pub const COUNT: usize = 13;

    /// The field's row of the table.
    pub const fn spec(self) -> &'static FieldSpec {
        #[expect(clippy::indexing_slicing, reason = "a test proves that row n is field n; a const fn cannot use `get`")]
        &FIELDS[self as usize]
    }

    /// The field's place in [`AS_SENT`].
    pub(crate) fn place_as_sent(self) -> usize {
        PLACES_AS_SENT.get(self as usize).copied().map_or(Self::COUNT, usize::from)
    }

    /// The field's name on the wire.
    pub const fn name(self) -> &'static str {
        self.spec().name
    }

    /// The field of that name on the wire.
    pub fn from_name(name: &str) -> Option<Self> {
        FIELDS.iter().find(|spec| spec.name == name).map(|spec| spec.field)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn row_n_is_field_n() {
        for (index, spec) in FIELDS.iter().enumerate() {
            assert_eq!(spec.field as usize, index);
            assert_eq!(Field::from_name(spec.name), Some(spec.field));
        }
    }

    #[test]
    fn each_field_is_sent_once_and_in_its_place() {
        for spec in &FIELDS {
            let place = spec.field.place_as_sent();
            assert_eq!((AS_SENT[place], NAMES_AS_SENT[place]), (spec.field, spec.name));
        }
    }

    /// Source: the seed's two tables, letter by letter.
    #[test]
    fn the_table_is_the_seeds() {
        let mut table = String::new();
        for spec in FIELDS {
            let kind = match spec.kind {
                Kind::Text { min, max, multiline, .. } => {
                    format!("text {min}–{max}{}", if multiline { " lines" } else { "" })
                }
                kind => format!("{kind:?}").to_lowercase(),
            };
            table += &format!("{}{} {kind}\n", spec.name, if spec.required { "*" } else { "" });
        }
        insta::assert_snapshot!(table);
    }
}
