//! What one service may mint: a storm of novelty must not take the table from the others.

use foldhash::fast::RandomState;
use hashbrown::HashMap;

use crate::identity::Context;

/// So many types a service may always mint at once.
const LEAST: usize = 1000;
const HOUR_MS: f64 = 3_600_000.0;

/// A service may mint half of the table at once, and as many again within an hour. Beyond it, its novel records pass
/// like those of a full table. There they count as well: else each of them would have the whole table wait for nothing.
pub struct Brake {
    burst: f64,
    services: HashMap<(Box<str>, Box<str>), Bucket, RandomState>,
    /// When there are so many, those are forgotten that have their whole share again.
    most: usize,
}

struct Bucket {
    left: f64,
    at: i64,
}

impl Bucket {
    fn left(&self, burst: f64, now: i64) -> f64 {
        (self.left + (now - self.at).max(0) as f64 * burst / HOUR_MS).min(burst)
    }
}

impl Brake {
    /// For a table of so many types.
    pub fn new(types: usize) -> Self {
        Self { burst: (types / 2).max(LEAST) as f64, services: HashMap::default(), most: LEAST }
    }

    /// Whether a service may mint a type now.
    pub fn allows(&self, context: &Context, now: i64) -> bool {
        self.services
            .get(&(context.namespace.clone(), context.service.clone()))
            .is_none_or(|bucket| bucket.left(self.burst, now) >= 1.0)
    }

    /// Notes that a service minted a type, or would have if there were room.
    pub fn note(&mut self, context: &Context, now: i64) {
        let burst = self.burst;
        if self.services.len() >= self.most {
            self.services.retain(|_, bucket| bucket.left(burst, now) < burst);
            // Twice as many, so that where none goes they are not gone through each time.
            self.most = LEAST.max(2 * self.services.len());
        }
        let bucket = self
            .services
            .entry((context.namespace.clone(), context.service.clone()))
            .or_insert(Bucket { left: burst, at: now });
        bucket.left = bucket.left(burst, now) - 1.0;
        bucket.at = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_mints_its_share_and_then_as_many_again_within_an_hour() {
        let (mut brake, service, other) = (Brake::new(10_000), Context::default(), "other".into());
        let other = Context { service: other, ..Context::default() };
        for _ in 0..5000 {
            assert!(brake.allows(&service, 0));
            brake.note(&service, 0);
        }
        assert!(!brake.allows(&service, 0));
        assert!(brake.allows(&other, 0));
        assert!(!brake.allows(&service, 700));
        assert!(brake.allows(&service, 800));
        brake.note(&service, 800);
        assert!(!brake.allows(&service, 800));
    }

    #[test]
    fn services_that_have_their_share_again_are_forgotten() {
        let mut brake = Brake::new(0);
        for number in 0..10 * LEAST {
            let service = Context { service: number.to_string().into(), ..Context::default() };
            brake.note(&service, number as i64 * 60_000);
            assert!(brake.services.len() <= LEAST);
        }
    }

    #[test]
    fn a_clock_that_goes_back_brings_nothing() {
        let (mut brake, service) = (Brake::new(0), Context::default());
        (0..1000).for_each(|_| brake.note(&service, 1_000_000));
        assert!(!brake.allows(&service, 0));
    }
}
