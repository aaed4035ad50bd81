//! What mails say: the built-in templates, and a deployment's own in their place.

use std::{
    collections::HashSet,
    fs, io,
    path::{Path, PathBuf},
};

use minijinja::{Environment, Error, UndefinedBehavior, Value, syntax::SyntaxConfig};
use ticketing_core::{Locale, ticket::NoticeKind};

use super::facts::Facts;

/// What a mail is made of; each has a template.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Part {
    Subject,
    Text,
    Html,
}

/// The template that stands for all kinds.
const ANY: &str = "notice";
/// What `mail test` sends.
pub(super) const TEST: &str = "test";

impl Part {
    const ALL: [Self; 3] = [Self::Subject, Self::Text, Self::Html];

    const fn ending(self) -> &'static str {
        match self {
            Self::Subject => "subject",
            Self::Text => "txt",
            Self::Html => "html",
        }
    }

    const fn built_in(self) -> &'static str {
        match self {
            Self::Subject => include_str!("templates/notice.subject"),
            Self::Text => include_str!("templates/notice.txt"),
            Self::Html => include_str!("templates/notice.html"),
        }
    }

    /// The names under which a template for this part of a mail is looked for, the one that is meant most first.
    fn names(self, kind: &str, locale: Locale) -> [String; 4] {
        let (locale, ending) = (locale.code(), self.ending());
        [
            format!("{kind}.{locale}.{ending}"),
            format!("{kind}.{ending}"),
            format!("{ANY}.{locale}.{ending}"),
            format!("{ANY}.{ending}"),
        ]
    }
}

/// A template that cannot be used: `file:line: problem`.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{}{}: {problem}", path.display(), line.map(|line| format!(":{line}")).unwrap_or_default())]
pub struct TemplateError {
    /// The file, or the directory of all.
    pub path: PathBuf,
    /// Its line.
    pub line: Option<usize>,
    /// What is wrong.
    pub problem: String,
}

/// Templates, each checked with every kind of mail in every language when they are read.
pub(super) struct Templates {
    built_in: Environment<'static>,
    /// The built-in ones, and a deployment's own in their place.
    all: Environment<'static>,
    own: HashSet<String>,
}

impl Templates {
    /// The built-in templates.
    pub(super) fn built_in() -> Result<Self, TemplateError> {
        let mut built_in = environment().map_err(|error| wrong(PathBuf::from("built-in"), &error))?;
        for part in Part::ALL {
            let name = format!("{ANY}.{}", part.ending());
            let path = PathBuf::from("built-in").join(&name);
            let added = built_in
                .add_template_owned(format!("built-in/{name}"), part.built_in())
                .and_then(|()| built_in.add_template_owned(name, part.built_in()));
            added.map_err(|error| wrong(path, &error))?;
        }
        let templates = Self { all: built_in.clone(), built_in, own: HashSet::new() };
        templates.check(Path::new("built-in"))?;
        Ok(templates)
    }

    /// With the templates of a directory in the place of built-in ones: `created.es.html`, `created.html`, `notice.es.html`,
    /// `notice.html`, and so for `.txt` and `.subject`. The first that is there counts; files that begin with `_` are for others to
    /// include.
    ///
    /// # Errors
    /// [`TemplateError`] for the first file that is no template, fails with some mail, or whose name stands for nothing.
    pub(super) fn read(directory: &Path) -> Result<Self, TemplateError> {
        let unreadable = |path: &Path, error: &io::Error| TemplateError {
            path: path.to_owned(),
            line: None,
            problem: error.to_string(),
        };
        let mut templates = Self::built_in()?;
        let known: HashSet<_> = kinds()
            .chain([ANY])
            .flat_map(|kind| Part::ALL.into_iter().map(move |part| (kind, part)))
            .flat_map(|(kind, part)| Locale::ALL.into_iter().flat_map(move |locale| part.names(kind, locale)))
            .collect();
        let mut paths = fs::read_dir(directory)
            .and_then(|entries| entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>())
            .map_err(|error| unreadable(directory, &error))?;
        paths.sort();
        for path in paths {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
            if name.starts_with('.') {
                continue;
            }
            if !known.contains(&name) && !name.starts_with('_') {
                let kinds: Vec<_> = kinds().chain([ANY]).collect();
                let problem = format!(
                    "no mail has a template of this name: it is one of {}, then maybe .es, .en or .pt, then .subject, .txt or .html",
                    kinds.join(", ")
                );
                return Err(TemplateError { path, line: None, problem });
            }
            let source = fs::read_to_string(&path).map_err(|error| unreadable(&path, &error))?;
            let added = templates.all.add_template_owned(name.clone(), source);
            added.map_err(|error| wrong(path, &error))?;
            templates.own.insert(name);
        }
        templates.check(directory)?;
        Ok(templates)
    }

    /// Renders everything with everything that there may be to say, and with as little as there may be.
    fn check(&self, directory: &Path) -> Result<(), TemplateError> {
        for locale in Locale::ALL {
            for kind in kinds() {
                for facts in Facts::examples(kind, locale) {
                    let facts = facts.value();
                    for part in Part::ALL {
                        let name = self.chosen(part, kind, locale);
                        render(&self.all, &name, &facts).map_err(|error| {
                            let at = error.name().unwrap_or(&name);
                            wrong(directory.join(at), &error)
                        })?;
                    }
                }
            }
        }
        Ok(())
    }

    /// A part of a mail. Where a deployment's own template fails, that is logged, and the built-in one says it.
    ///
    /// # Errors
    /// Where the built-in one fails too.
    pub(super) fn render(&self, part: Part, facts: &Facts) -> Result<String, Error> {
        let value = facts.value();
        let name = self.chosen(part, facts.kind, facts.locale);
        let rendered = render(&self.all, &name, &value);
        let Err(error) = &rendered else { return rendered };
        if !self.own.contains(&name) {
            return rendered;
        }
        // Its detail may quote what was to be said.
        tracing::error!(
            template = error.name().unwrap_or(&name), line = error.line(), error = %error.kind(),
            "a mail template failed: the built-in one is used"
        );
        render(&self.built_in, &format!("{ANY}.{}", part.ending()), &value)
    }

    fn chosen(&self, part: Part, kind: &str, locale: Locale) -> String {
        let [.., any] = part.names(kind, locale);
        part.names(kind, locale).into_iter().find(|name| self.own.contains(name)).unwrap_or(any)
    }
}

fn kinds() -> impl Iterator<Item = &'static str> {
    NoticeKind::ALL.into_iter().map(NoticeKind::name).chain([TEST])
}

/// Names that end in `.html` are escaped: that is minijinja's own default.
fn environment() -> Result<Environment<'static>, Error> {
    let mut environment = Environment::new();
    // What stands on a line of its own to decide something leaves no line.
    environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
    // A name that is misspelt is an error, and no empty place.
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    Ok(environment)
}

fn render(environment: &Environment<'_>, name: &str, facts: &Value) -> Result<String, Error> {
    environment.get_template(name)?.render(facts)
}

fn wrong(path: PathBuf, error: &Error) -> TemplateError {
    let problem = match error.detail() {
        Some(detail) => format!("{}: {detail}", error.kind()),
        None => error.kind().to_string(),
    };
    TemplateError { path, line: error.line(), problem }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(files: &[(&str, &str)]) -> Result<Templates, String> {
        let directory = tempfile::tempdir().unwrap();
        for (name, content) in files {
            fs::write(directory.path().join(name), content).unwrap();
        }
        let shown = directory.path().display().to_string();
        Templates::read(directory.path()).map_err(|error| error.to_string().replace(&shown, "correo"))
    }

    fn example(kind: &'static str, locale: Locale) -> Facts {
        Facts::examples(kind, locale).into_iter().next().unwrap()
    }

    #[test]
    fn what_the_built_in_templates_say() {
        let templates = Templates::built_in().unwrap();
        let mut said = String::new();
        for facts in Locale::ALL.into_iter().flat_map(|locale| Facts::examples("created", locale)) {
            for part in [Part::Subject, Part::Text] {
                said += &templates.render(part, &facts).unwrap();
                said.push('\n');
            }
            said += "----\n";
        }
        insta::assert_snapshot!(said);
        insta::assert_snapshot!(templates.render(Part::Html, &example("replied", Locale::Es)).unwrap());
    }

    #[test]
    fn html_is_escaped_and_text_is_not() {
        let templates = Templates::built_in().unwrap();
        let mut facts = example("replied", Locale::Es);
        facts.message = Some("<script>alert('hola')</script>\n\"&\"".to_owned());
        let html = templates.render(Part::Html, &facts).unwrap();
        assert!(!html.contains("<script"), "{html}");
        assert!(html.contains("&lt;script&gt;alert(&#x27;hola&#x27;)&lt;&#x2f;script&gt;<br>"), "{html}");
        assert!(templates.render(Part::Text, &facts).unwrap().contains("<script>alert('hola')</script>\n\"&\""));
    }

    #[test]
    fn the_template_that_is_meant_most_counts() {
        let templates = with(&[
            ("notice.txt", "any"),
            ("notice.es.txt", "any in Spanish"),
            ("created.txt", "created, {% include '_end.txt' %}"),
            ("created.pt.txt", "criada, {% include '_end.txt' %}"),
            ("_end.txt", "{{ label }}"),
            ("notice.html", "{% extends 'built-in/notice.html' %}{% block head %}<b>Logo</b>{% endblock %}"),
            (".created.txt.swp", "{{"),
        ])
        .unwrap();
        let text = |kind, locale| templates.render(Part::Text, &example(kind, locale)).unwrap();
        assert_eq!(text("created", Locale::Pt), "criada, TKT-2026-00142");
        assert_eq!(text("created", Locale::Es), "created, TKT-2026-00142");
        assert_eq!(text("replied", Locale::Es), "any in Spanish");
        assert_eq!(text("replied", Locale::En), "any");
        let html = templates.render(Part::Html, &example("created", Locale::Es)).unwrap();
        assert!(html.contains("<b>Logo</b>") && html.contains("Recibimos su solicitud"), "{html}");
    }

    #[test]
    fn what_is_wrong_with_a_template_is_said_with_file_and_line() {
        let problem = |name: &str, content: &str| with(&[(name, content)]).err().unwrap();
        let all = [
            problem("created.es.html", "<p>\n{{ label }\n"),
            problem("created.txt", "a\nb {{ lable }}"),
            problem("resolved.txt", "{% if reopens_until %}\n{{ reopens_until.foo.bar }}{% endif %}"),
            problem("resolved.en.txt", "{{ label|no_such_filter }}"),
            problem("notice.subject", "{% include '_no.txt' %}"),
            problem("creado.html", "x"),
            problem("created.fr.html", "x"),
        ];
        insta::assert_snapshot!(all.join("\n"));
        let missing = Templates::read(Path::new("nowhere")).err().unwrap().to_string();
        assert!(missing.starts_with("nowhere: "), "{missing}");
    }

    #[test]
    fn a_template_that_fails_where_no_example_did_is_the_built_in_one() {
        let templates = with(&[("created.txt", "{{ label if due != '' else label.due.day }}")]).unwrap();
        let facts = Facts { due: Some(String::new()), ..example("created", Locale::En) };
        assert!(templates.render(Part::Text, &facts).unwrap().contains("We have your request."));
    }
}
