//! What needs what, without a circle: an arrow that would close one is left out.

/// Arrows between things that have numbers.
#[derive(Debug)]
pub(super) struct Graph {
    needs: Vec<Vec<usize>>,
}

impl Graph {
    /// So many things, and no arrow.
    pub(super) fn new(count: usize) -> Self {
        Self { needs: vec![Vec::new(); count] }
    }

    /// Adds that `one` needs `other`, unless `other` needs `one` already, on whatever way. Whether it stands now.
    pub(super) fn add(&mut self, one: usize, other: usize) -> bool {
        if self.leads(other, one) {
            return false;
        }
        if let Some(needs) = self.needs.get_mut(one).filter(|needs| !needs.contains(&other)) {
            needs.push(other);
        }
        true
    }

    /// Whether arrows lead from `one` to `other`.
    fn leads(&self, one: usize, other: usize) -> bool {
        let mut seen = vec![false; self.needs.len()];
        let mut open = vec![one];
        while let Some(at) = open.pop() {
            if at == other {
                return true;
            }
            if let Some(seen) = seen.get_mut(at).filter(|seen| !**seen) {
                *seen = true;
                open.extend(self.needs.get(at).into_iter().flatten());
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_circle_is_closed() {
        let mut graph = Graph::new(3);
        assert!(graph.add(0, 1));
        assert!(graph.add(1, 2));
        assert!(graph.add(0, 2));
        assert!(!graph.add(2, 0));
        assert!(!graph.add(1, 1));
    }
}
