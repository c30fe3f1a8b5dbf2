//! Skeletons that were met and that a more general type covers: that type is found without asking what covers them.

use std::sync::Arc;

use hashbrown::HashTable;

use crate::identity::Context;
use crate::record::Class;
use crate::table::EventType;

/// A skeleton as it was mined, and the type of which its records are.
pub struct Alias {
    pub context: Arc<Context>,
    pub class: Class,
    pub skeleton: Box<str>,
    pub event: Arc<EventType>,
}

impl Alias {
    fn is(&self, context: &Arc<Context>, class: Class, skeleton: &[u8]) -> bool {
        self.class == class && Arc::ptr_eq(&self.context, context) && self.skeleton.as_bytes() == skeleton
    }
}

/// At most so many; when they are too many, all are forgotten, and those that still come are soon known again.
pub struct Aliases {
    known: HashTable<(u64, Alias)>,
    capacity: usize,
}

impl Aliases {
    pub fn new(capacity: usize) -> Self {
        Self { known: HashTable::new(), capacity }
    }

    /// The hash is the table's, of the same three.
    pub fn find(&self, hash: u64, context: &Arc<Context>, class: Class, skeleton: &[u8]) -> Option<&Arc<EventType>> {
        self.known.find(hash, |(_, alias)| alias.is(context, class, skeleton)).map(|(_, alias)| &alias.event)
    }

    pub fn insert(&mut self, hash: u64, alias: Alias) {
        if self.find(hash, &alias.context, alias.class, alias.skeleton.as_bytes()).is_some() {
            return;
        }
        if self.known.len() >= self.capacity {
            self.known.clear();
        }
        self.known.insert_unique(hash, (hash, alias), |(hash, _)| *hash);
    }

    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// Forgets some of them, and answers what they were.
    pub fn take(&mut self, is_one: impl Fn(&Alias) -> bool) -> Vec<Alias> {
        self.known.extract_if(|(_, alias)| is_one(alias)).map(|(_, alias)| alias).collect()
    }

    /// To be called when types go.
    pub fn clear(&mut self) {
        self.known.clear();
    }
}
