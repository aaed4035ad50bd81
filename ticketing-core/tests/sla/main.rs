//! Service levels beside an oracle that counts minutes, beside the published vectors, and in the cases that others got wrong.

mod agreement;
mod case;
mod design;
mod desk;
mod documents;
mod histories;
mod known_bugs;
mod oracle;
mod properties;
mod random;
mod regressions;
mod vectors;
