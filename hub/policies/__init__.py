"""May this actor do that? Predicates that answer Allowed or Denied(reason), and the rows they speak of."""
