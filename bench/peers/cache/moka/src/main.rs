// SPDX-License-Identifier: MIT
use std::time::Duration;

struct Moka(moka::sync::Cache<u64, u64>);

impl harness::Cache for Moka {
    fn new(capacity: u64, time_to_live: Option<Duration>) -> Self {
        let builder = moka::sync::Cache::builder().max_capacity(capacity);
        Moka(match time_to_live {
            Some(time) => builder.time_to_live(time).build(),
            None => builder.build(),
        })
    }
    fn get(&self, key: u64) -> Option<u64> {
        self.0.get(&key)
    }
    fn put(&self, key: u64, value: u64) {
        self.0.insert(key, value);
    }
}

fn main() {
    harness::serve::<Moka>();
}
