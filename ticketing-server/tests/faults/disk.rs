//! What a disk may hold after its power was cut: all that was synced, and of what was written since anything at all.

use std::{
    collections::{BTreeMap, HashMap},
    fs,
    path::Path,
};

/// A change of a file or of a name, as the shim has noted it.
#[derive(Debug)]
enum Change {
    Create {
        file: u64,
        name: String,
    },
    Write {
        file: u64,
        offset: usize,
        octets: Vec<u8>,
    },
    Truncate {
        file: u64,
        octets: usize,
    },
    Sync {
        file: u64,
    },
    SyncNames,
    Unlink {
        name: String,
    },
    Rename {
        from: String,
        to: String,
    },
    /// A sync has failed: what was written before may be on the disk or not, and no later sync brings it there.
    Lost {
        file: u64,
    },
}

/// All changes, each with how much had been noted after it.
pub(crate) struct Journal(Vec<(u64, Change)>);

/// Which of the changes that were not synced are on the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Survives {
    Nothing,
    All,
    /// Those before a random one.
    Prefix,
    /// Any, in whole.
    Some,
    /// Any sectors of any.
    Torn,
}

impl Survives {
    pub(crate) const ALL: [Self; 5] = [Self::Nothing, Self::All, Self::Prefix, Self::Some, Self::Torn];
}

/// As small as disks have them.
const SECTOR: usize = 512;

impl Journal {
    pub(crate) fn read(path: &Path) -> Self {
        let all = fs::read(path).unwrap();
        let number = |at: usize| u64::from_ne_bytes(all[at..at + 8].try_into().unwrap());
        let (mut changes, mut at) = (Vec::new(), 0);
        while at + 32 <= all.len() {
            let [kind, file, offset, octets] = [0, 8, 16, 24].map(|field| number(at + field));
            let [offset, octets] = [offset, octets].map(|number| usize::try_from(number).unwrap());
            let Some(payload) = all.get(at + 32..at + 32 + octets) else { break };
            at += 32 + octets;
            let name = || String::from_utf8(payload.to_vec()).unwrap();
            let change = match kind {
                1 => Change::Create { file, name: name() },
                2 => Change::Write { file, offset, octets: payload.to_vec() },
                3 => Change::Truncate { file, octets: offset },
                4 => Change::Sync { file },
                5 => Change::SyncNames,
                6 => Change::Unlink { name: name() },
                7 => {
                    let name = name();
                    let (from, to) = name.split_once('/').unwrap();
                    Change::Rename { from: from.to_owned(), to: to.to_owned() }
                }
                8 => Change::Lost { file },
                other => panic!("{other} is no change"),
            };
            changes.push((at as u64, change));
        }
        Self(changes)
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// How much had been noted when so many changes had been made.
    pub(crate) fn noted(&self, changes: usize) -> u64 {
        changes.checked_sub(1).map_or(0, |last| self.0[last].0)
    }

    /// How many syncs of any file there are, and how many of them failed.
    pub(crate) fn syncs(&self) -> (usize, usize) {
        let count = |wanted: fn(&Change) -> bool| self.0.iter().filter(|(_, change)| wanted(change)).count();
        (count(|change| matches!(change, Change::Sync { .. })), count(|change| matches!(change, Change::Lost { .. })))
    }

    /// Writes what a disk may hold whose power was cut after so many changes into a directory.
    pub(crate) fn rebuild(&self, changes: usize, survives: Survives, random: &mut Random, into: &Path) {
        let mut disk = Disk::default();
        for (_, change) in &self.0[..changes] {
            disk.take(change, survives, random);
        }
        disk.cut(survives, random);
        for (name, object) in disk.names {
            fs::write(into.join(name), &disk.objects[object].octets).unwrap();
        }
    }
}

/// A file and what has been written to it that is not certain.
#[derive(Default)]
struct Object<'j> {
    octets: Vec<u8>,
    pending: Vec<&'j Change>,
}

#[derive(Default)]
struct Disk<'j> {
    objects: Vec<Object<'j>>,
    /// By the number that the system gives a file while there is one, and another one after it.
    numbered: HashMap<u64, usize>,
    names: BTreeMap<String, usize>,
    /// Names that are not certain, in order: file systems keep that.
    pending: Vec<(&'j Change, usize)>,
}

impl<'j> Disk<'j> {
    fn take(&mut self, change: &'j Change, survives: Survives, random: &mut Random) {
        match change {
            Change::Create { file, .. } => {
                self.objects.push(Object::default());
                self.numbered.insert(*file, self.objects.len() - 1);
                self.pending.push((change, self.objects.len() - 1));
            }
            Change::Write { file, .. } | Change::Truncate { file, .. } => {
                if let Some(object) = self.object(*file) {
                    object.pending.push(change);
                }
            }
            Change::Sync { file } => {
                if let Some(object) = self.object(*file) {
                    for change in std::mem::take(&mut object.pending) {
                        write(&mut object.octets, change);
                    }
                }
            }
            Change::Lost { file } => {
                if let Some(object) = self.object(*file) {
                    object.settle(survives, random);
                }
            }
            Change::SyncNames => {
                for (change, object) in std::mem::take(&mut self.pending) {
                    self.name(change, object);
                }
            }
            Change::Unlink { .. } | Change::Rename { .. } => self.pending.push((change, 0)),
        }
    }

    fn object(&mut self, file: u64) -> Option<&mut Object<'j>> {
        self.numbered.get(&file).map(|object| &mut self.objects[*object])
    }

    fn name(&mut self, change: &Change, object: usize) {
        match change {
            Change::Create { name, .. } => _ = self.names.insert(name.clone(), object),
            Change::Unlink { name } => _ = self.names.remove(name),
            Change::Rename { from, to } => {
                if let Some(object) = self.names.remove(from) {
                    self.names.insert(to.clone(), object);
                }
            }
            _ => unreachable!("no name is in it"),
        }
    }

    fn cut(&mut self, survives: Survives, random: &mut Random) {
        let names = match survives {
            Survives::Nothing => 0,
            Survives::All => self.pending.len(),
            _ => random.below(self.pending.len() + 1),
        };
        for (change, object) in std::mem::take(&mut self.pending).into_iter().take(names) {
            self.name(change, object);
        }
        for object in &mut self.objects {
            object.settle(survives, random);
        }
    }
}

impl Object<'_> {
    /// What is not certain is on the disk, or not.
    fn settle(&mut self, survives: Survives, random: &mut Random) {
        let pending = std::mem::take(&mut self.pending);
        let prefix = random.below(pending.len() + 1);
        for (number, change) in pending.into_iter().enumerate() {
            let is_there = match survives {
                Survives::Nothing => false,
                Survives::All => true,
                Survives::Prefix => number < prefix,
                Survives::Some => random.below(2) == 0,
                Survives::Torn => {
                    tear(&mut self.octets, change, random);
                    false
                }
            };
            if is_there {
                write(&mut self.octets, change);
            }
        }
    }
}

fn write(into: &mut Vec<u8>, change: &Change) {
    match change {
        Change::Write { offset, octets, .. } => write_at(into, *offset, octets),
        Change::Truncate { octets, .. } => into.resize(*octets, 0),
        _ => unreachable!("nothing is written by it"),
    }
}

fn write_at(into: &mut Vec<u8>, offset: usize, octets: &[u8]) {
    let end = offset + octets.len();
    if into.len() < end {
        into.resize(end, 0);
    }
    into[offset..end].copy_from_slice(octets);
}

fn tear(into: &mut Vec<u8>, change: &Change, random: &mut Random) {
    let Change::Write { offset, octets, .. } = change else {
        if random.below(2) == 0 {
            write(into, change);
        }
        return;
    };
    let mut at = 0;
    while at < octets.len() {
        let end = ((offset + at) / SECTOR + 1) * SECTOR - offset;
        let end = end.min(octets.len());
        if random.below(2) == 0 {
            write_at(into, offset + at, &octets[at..end]);
        }
        at = end;
    }
}

/// The same numbers for the same seed.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % end as u64).unwrap()
    }
}
