//! placeholder
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Foreign(Vec<u8>);
impl<T: AsRef<[u8]>> From<T> for Foreign {
    fn from(t: T) -> Self {
        Self(t.as_ref().to_vec())
    }
}
impl Foreign {
    pub fn raw(&self) -> &[u8] {
        &self.0
    }
    pub fn plain(&self) -> String {
        String::from_utf8_lossy(&self.0).into_owned()
    }
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
impl std::fmt::Debug for Foreign {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}", self.plain())
    }
}
