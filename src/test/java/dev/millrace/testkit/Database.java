package dev.millrace.testkit;

/**
 * The database of one test class: it exists before the first test and is dropped with all tables after the last, so
 * that classes that share a cluster never meet.
 */
public record Database(String name) {}
