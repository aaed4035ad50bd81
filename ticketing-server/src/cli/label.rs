use anyhow::Context;
use clap::Subcommand;
use ticketing_core::LabelFormat;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Read a label as somebody typed it and print its canonical form.
    Parse {
        /// What was typed, such as "tkt 2026-142".
        text: String,
    },
}

impl Command {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let Self::Parse { text } = self;
        let label =
            LabelFormat::default().parse(&text).with_context(|| format!("“{}” is no label", text.escape_debug()))?;
        println!("{label}");
        Ok(())
    }
}
