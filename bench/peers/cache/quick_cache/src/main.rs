// SPDX-License-Identifier: MIT
use std::time::Duration;

struct QuickCache(quick_cache::sync::Cache<u64, u64>);

impl harness::Cache for QuickCache {
    fn new(capacity: u64, time_to_live: Option<Duration>) -> Self {
        assert!(time_to_live.is_none(), "quick_cache has no time to live");
        QuickCache(quick_cache::sync::Cache::new(capacity as usize))
    }
    fn get(&self, key: u64) -> Option<u64> {
        self.0.get(&key)
    }
    fn put(&self, key: u64, value: u64) {
        self.0.insert(key, value);
    }
}

fn main() {
    harness::serve::<QuickCache>();
}
