//! The seed's form as users of `garde`, `validator` and `serde_valid` write it: a struct to deserialize into, with rules on its fields.

use garde::Validate as _;
use serde::Deserialize;
use validator::Validate as _;

/// Reads a body and checks it with `garde`; `None` when the body is not the form's JSON or breaks a rule.
pub fn garde(body: &[u8]) -> Option<GardeForm> {
    let form: GardeForm = serde_json::from_slice(body).ok()?;
    form.validate().is_ok().then_some(form)
}

/// Reads a body and checks it with `validator`; `None` when the body is not the form's JSON or breaks a rule.
pub fn validator(body: &[u8]) -> Option<ValidatorForm> {
    let form: ValidatorForm = serde_json::from_slice(body).ok()?;
    form.validate().is_ok().then_some(form)
}

/// Reads a body and checks it with `serde_valid`; `None` when the body is not the form's JSON or breaks a rule.
pub fn serde_valid(body: &[u8]) -> Option<SerdeValidForm> {
    let form: SerdeValidForm = serde_json::from_slice(body).ok()?;
    serde_valid::Validate::validate(&form).is_ok().then_some(form)
}

/// The form with `garde`'s rules; lengths in characters.
#[derive(Debug, Deserialize, garde::Validate)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the seed says what they mean")]
pub struct GardeForm {
    #[garde(length(chars, min = 3, max = 150))]
    pub nombre: String,
    #[garde(email)]
    pub email: String,
    #[garde(length(chars, max = 50))]
    pub documento: Option<String>,
    #[garde(length(chars, max = 30))]
    pub telefono: Option<String>,
    #[serde(default)]
    #[garde(skip)]
    pub tiene_whatsapp: bool,
    #[garde(length(chars, max = 150))]
    pub empresa_departamento: Option<String>,
    #[garde(skip)]
    pub tipo: Kind,
    #[garde(length(chars, min = 2, max = 100))]
    pub categoria: String,
    #[garde(length(chars, max = 100))]
    pub subcategoria: Option<String>,
    #[garde(length(chars, max = 200))]
    pub asunto: Option<String>,
    #[garde(length(chars, min = 10, max = 100_000))]
    pub descripcion: String,
    #[garde(length(chars, min = 1, max = 20))]
    pub prioridad: String,
    #[serde(default = "default_area")]
    #[garde(length(chars, min = 1, max = 100))]
    pub area_asignada: String,
}

/// The form with `validator`'s rules; lengths in characters.
#[derive(Debug, Deserialize, validator::Validate)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the seed says what they mean")]
pub struct ValidatorForm {
    #[validate(length(min = 3, max = 150))]
    pub nombre: String,
    #[validate(email)]
    pub email: String,
    #[validate(length(max = 50))]
    pub documento: Option<String>,
    #[validate(length(max = 30))]
    pub telefono: Option<String>,
    #[serde(default)]
    pub tiene_whatsapp: bool,
    #[validate(length(max = 150))]
    pub empresa_departamento: Option<String>,
    pub tipo: Kind,
    #[validate(length(min = 2, max = 100))]
    pub categoria: String,
    #[validate(length(max = 100))]
    pub subcategoria: Option<String>,
    #[validate(length(max = 200))]
    pub asunto: Option<String>,
    #[validate(length(min = 10, max = 100_000))]
    pub descripcion: String,
    #[validate(length(min = 1, max = 20))]
    pub prioridad: String,
    #[serde(default = "default_area")]
    #[validate(length(min = 1, max = 100))]
    pub area_asignada: String,
}

/// The form with `serde_valid`'s rules; it counts what people take for characters (graphemes). It knows no addresses, so that a pattern
/// says what one is: that of HTML.
#[derive(Debug, Deserialize, serde_valid::Validate)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the seed says what they mean")]
pub struct SerdeValidForm {
    #[validate(min_length = 3)]
    #[validate(max_length = 150)]
    pub nombre: String,
    #[validate(
        pattern = r"^[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*$"
    )]
    pub email: String,
    #[validate(max_length = 50)]
    pub documento: Option<String>,
    #[validate(max_length = 30)]
    pub telefono: Option<String>,
    #[serde(default)]
    pub tiene_whatsapp: bool,
    #[validate(max_length = 150)]
    pub empresa_departamento: Option<String>,
    pub tipo: Kind,
    #[validate(min_length = 2)]
    #[validate(max_length = 100)]
    pub categoria: String,
    #[validate(max_length = 100)]
    pub subcategoria: Option<String>,
    #[validate(max_length = 200)]
    pub asunto: Option<String>,
    #[validate(min_length = 10)]
    #[validate(max_length = 100_000)]
    pub descripcion: String,
    #[validate(min_length = 1)]
    #[validate(max_length = 20)]
    pub prioridad: String,
    #[serde(default = "default_area")]
    #[validate(min_length = 1)]
    #[validate(max_length = 100)]
    pub area_asignada: String,
}

/// The seven types of request.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
#[expect(missing_docs, reason = "the seed says what they mean")]
pub enum Kind {
    Peticion,
    Queja,
    Reclamo,
    Sugerencia,
    Incidente,
    Solicitud,
    Consulta,
}

fn default_area() -> String {
    "MESA".to_owned()
}
