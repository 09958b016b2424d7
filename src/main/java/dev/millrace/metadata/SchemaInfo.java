package dev.millrace.metadata;

/**
 * One of the schemas a table has or had. Immutable.
 *
 * @param schema the schema.
 * @param schemaId its number, counted per table; log records carry the number of the schema they were written with.
 */
public record SchemaInfo(Schema schema, int schemaId) {}
