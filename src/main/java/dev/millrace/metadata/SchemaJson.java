package dev.millrace.metadata;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.error.CorruptDataException;
import dev.millrace.types.ArrayType;
import dev.millrace.types.BigIntType;
import dev.millrace.types.BinaryType;
import dev.millrace.types.BooleanType;
import dev.millrace.types.BytesType;
import dev.millrace.types.CharType;
import dev.millrace.types.DataField;
import dev.millrace.types.DataType;
import dev.millrace.types.DateType;
import dev.millrace.types.DecimalType;
import dev.millrace.types.DoubleType;
import dev.millrace.types.FloatType;
import dev.millrace.types.IntType;
import dev.millrace.types.MapType;
import dev.millrace.types.RowType;
import dev.millrace.types.SmallIntType;
import dev.millrace.types.StringType;
import dev.millrace.types.TimeType;
import dev.millrace.types.TimestampLtzType;
import dev.millrace.types.TimestampType;
import dev.millrace.types.TinyIntType;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The JSON form of schemas and data types. Members are written in the order in which servers write them. */
final class SchemaJson {
    private static final String VERSION = "version";
    private static final int CURRENT_VERSION = 1;
    private static final String COLUMNS = "columns";
    private static final String PRIMARY_KEY = "primary_key";
    private static final String AUTO_INCREMENT_COLUMN = "auto_increment_column";
    private static final String HIGHEST_FIELD_ID = "highest_field_id";

    private static final String NAME = "name";
    private static final String DATA_TYPE = "data_type";
    private static final String COMMENT = "comment";
    private static final String AGG_FUNCTION = "agg_function";
    private static final String PARAMETERS = "parameters";
    private static final String ID = "id";

    private static final String TYPE = "type";
    private static final String NULLABLE = "nullable";
    private static final String LENGTH = "length";
    private static final String PRECISION = "precision";
    private static final String SCALE = "scale";
    private static final String ELEMENT_TYPE = "element_type";
    private static final String KEY_TYPE = "key_type";
    private static final String VALUE_TYPE = "value_type";
    private static final String FIELDS = "fields";
    private static final String FIELD_TYPE = "field_type";
    private static final String DESCRIPTION = "description";
    private static final String FIELD_ID = "field_id";

    private SchemaJson() {}

    // ---- writing ----

    static byte[] writeSchema(final Schema schema) {
        final ObjectNode tree = JsonText.newObject();
        putSchema(tree, schema);
        return JsonText.write(tree);
    }

    static void putSchema(final ObjectNode object, final Schema schema) {
        object.put(VERSION, CURRENT_VERSION);
        final ArrayNode columns = object.putArray(COLUMNS);
        schema.columns().forEach(column -> putColumn(columns.addObject(), column));
        schema.primaryKey().ifPresent(key -> {
            final ArrayNode names = object.putArray(PRIMARY_KEY);
            key.columnNames().forEach(names::add);
        });
        schema.autoIncrementColumn()
                .ifPresent(name -> object.putArray(AUTO_INCREMENT_COLUMN).add(name));
        object.put(HIGHEST_FIELD_ID, schema.highestFieldId());
    }

    private static void putColumn(final ObjectNode object, final Schema.Column column) {
        object.put(NAME, column.name());
        putType(
                object.putObject(DATA_TYPE),
                column.dataType(),
                column.nestedFieldIds().iterator());
        if (column.comment() != null) {
            object.put(COMMENT, column.comment());
        }
        if (column.aggFunction() != null) {
            final ObjectNode function = object.putObject(AGG_FUNCTION);
            function.put(TYPE, column.aggFunction().type());
            final Map<String, String> parameters = column.aggFunction().parameters();
            if (!parameters.isEmpty()) {
                parameters.forEach(function.putObject(PARAMETERS)::put);
            }
        }
        object.put(ID, column.id());
    }

    /** A type that has no place in a schema yet; a server gives its nested fields their ids. */
    static byte[] writeNewType(final DataType dataType) {
        final ObjectNode tree = JsonText.newObject();
        putType(tree, dataType, Stream.generate(() -> FieldIds.NO_ID).iterator());
        return JsonText.write(tree);
    }

    private static void putType(final ObjectNode object, final DataType dataType, final Iterator<Integer> fieldIds) {
        object.put(TYPE, typeName(dataType));
        if (!dataType.isNullable()) {
            object.put(NULLABLE, false);
        }
        switch (dataType) {
            case CharType type -> object.put(LENGTH, type.length());
            case BinaryType type -> object.put(LENGTH, type.length());
            case DecimalType type -> object.put(PRECISION, type.precision()).put(SCALE, type.scale());
            case TimeType type -> object.put(PRECISION, type.precision());
            case TimestampType type -> object.put(PRECISION, type.precision());
            case TimestampLtzType type -> object.put(PRECISION, type.precision());
            case ArrayType type -> putType(object.putObject(ELEMENT_TYPE), type.elementType(), fieldIds);
            case MapType type -> {
                putType(object.putObject(KEY_TYPE), type.keyType(), fieldIds);
                putType(object.putObject(VALUE_TYPE), type.valueType(), fieldIds);
            }
            case RowType type -> {
                final ArrayNode fields = object.putArray(FIELDS);
                type.fields().forEach(field -> putField(fields.addObject(), field, fieldIds));
            }
            case BooleanType type -> {}
            case TinyIntType type -> {}
            case SmallIntType type -> {}
            case IntType type -> {}
            case BigIntType type -> {}
            case FloatType type -> {}
            case DoubleType type -> {}
            case StringType type -> {}
            case BytesType type -> {}
            case DateType type -> {}
        }
    }

    private static void putField(final ObjectNode object, final DataField field, final Iterator<Integer> fieldIds) {
        final int fieldId = fieldIds.next();
        object.put(NAME, field.name());
        putType(object.putObject(FIELD_TYPE), field.dataType(), fieldIds);
        if (field.description() != null) {
            object.put(DESCRIPTION, field.description());
        }
        object.put(FIELD_ID, fieldId);
    }

    private static String typeName(final DataType dataType) {
        return switch (dataType) {
            case BooleanType type -> "BOOLEAN";
            case TinyIntType type -> "TINYINT";
            case SmallIntType type -> "SMALLINT";
            case IntType type -> "INTEGER";
            case BigIntType type -> "BIGINT";
            case FloatType type -> "FLOAT";
            case DoubleType type -> "DOUBLE";
            case CharType type -> "CHAR";
            case StringType type -> "STRING";
            case BinaryType type -> "BINARY";
            case BytesType type -> "BYTES";
            case DecimalType type -> "DECIMAL";
            case DateType type -> "DATE";
            case TimeType type -> "TIME_WITHOUT_TIME_ZONE";
            case TimestampType type -> "TIMESTAMP_WITHOUT_TIME_ZONE";
            case TimestampLtzType type -> "TIMESTAMP_WITH_LOCAL_TIME_ZONE";
            case ArrayType type -> "ARRAY";
            case MapType type -> "MAP";
            case RowType type -> "ROW";
        };
    }

    // ---- reading ----

    static Schema readSchema(final byte[] json) {
        return JsonText.read(json, "schema", SchemaJson::schema);
    }

    static Schema schema(final JsonAt at) {
        final List<Schema.Column> columns = withIds(
                at.required(COLUMNS).elements().stream().map(SchemaJson::column).toList(), at);
        final JsonAt key = at.optional(PRIMARY_KEY);
        final int highestGiven =
                columns.stream().flatMapToInt(FieldIds::of).max().orElse(FieldIds.NO_ID);
        return new Schema(
                columns,
                key == null ? null : new Schema.PrimaryKey(key.texts()),
                autoIncrementColumn(at.optional(AUTO_INCREMENT_COLUMN)),
                at.optionalInteger(HIGHEST_FIELD_ID, highestGiven));
    }

    /** Columns without any id, as servers of old wrote them, are known by their position. */
    private static List<Schema.Column> withIds(final List<Schema.Column> columns, final JsonAt at) {
        final long withoutId =
                columns.stream().filter(column -> column.id() == FieldIds.NO_ID).count();
        if (withoutId == 0) {
            return columns;
        }
        if (withoutId < columns.size()) {
            throw new CorruptDataException(at.path() + ": some columns have an id and some have none");
        }
        final List<Schema.Column> numbered = new ArrayList<>();
        for (final Schema.Column column : columns) {
            numbered.add(new Schema.Column(
                    column.name(),
                    column.dataType(),
                    column.comment(),
                    column.aggFunction(),
                    numbered.size(),
                    column.nestedFieldIds()));
        }
        return numbered;
    }

    private static @Nullable String autoIncrementColumn(final @Nullable JsonAt at) {
        if (at == null) {
            return null;
        }
        final List<String> names = at.texts();
        if (names.size() > 1) {
            throw at.expected("one column at most");
        }
        return names.isEmpty() ? null : names.getFirst();
    }

    private static Schema.Column column(final JsonAt at) {
        final List<Integer> nestedFieldIds = new ArrayList<>();
        return new Schema.Column(
                at.required(NAME).text(),
                dataType(at.required(DATA_TYPE), nestedFieldIds),
                at.optionalText(COMMENT),
                aggFunction(at.optional(AGG_FUNCTION)),
                at.optionalInteger(ID, FieldIds.NO_ID),
                nestedFieldIds);
    }

    private static @Nullable AggFunction aggFunction(final @Nullable JsonAt at) {
        if (at == null) {
            return null;
        }
        final JsonAt parameters = at.optional(PARAMETERS);
        return AggFunction.received(at.required(TYPE).text(), parameters == null ? Map.of() : parameters.textMap());
    }

    private static DataType dataType(final JsonAt at, final List<Integer> fieldIds) {
        final JsonAt nullable = at.optional(NULLABLE);
        final boolean isNullable = nullable == null || nullable.bool();
        final JsonAt type = at.required(TYPE);
        return switch (type.text()) {
            case "BOOLEAN" -> new BooleanType(isNullable);
            case "TINYINT" -> new TinyIntType(isNullable);
            case "SMALLINT" -> new SmallIntType(isNullable);
            case "INTEGER" -> new IntType(isNullable);
            case "BIGINT" -> new BigIntType(isNullable);
            case "FLOAT" -> new FloatType(isNullable);
            case "DOUBLE" -> new DoubleType(isNullable);
            case "CHAR" -> new CharType(isNullable, at.required(LENGTH).integer());
            case "STRING" -> new StringType(isNullable);
            case "BINARY" -> new BinaryType(isNullable, at.required(LENGTH).integer());
            case "BYTES" -> new BytesType(isNullable);
            case "DECIMAL" ->
                new DecimalType(
                        isNullable,
                        at.required(PRECISION).integer(),
                        at.required(SCALE).integer());
            case "DATE" -> new DateType(isNullable);
            case "TIME_WITHOUT_TIME_ZONE" ->
                new TimeType(isNullable, at.required(PRECISION).integer());
            case "TIMESTAMP_WITHOUT_TIME_ZONE" ->
                new TimestampType(isNullable, at.required(PRECISION).integer());
            case "TIMESTAMP_WITH_LOCAL_TIME_ZONE" ->
                new TimestampLtzType(isNullable, at.required(PRECISION).integer());
            case "ARRAY" -> new ArrayType(isNullable, dataType(at.required(ELEMENT_TYPE), fieldIds));
            case "MAP" ->
                new MapType(
                        isNullable,
                        dataType(at.required(KEY_TYPE), fieldIds),
                        dataType(at.required(VALUE_TYPE), fieldIds));
            case "ROW" ->
                new RowType(
                        isNullable,
                        at.required(FIELDS).elements().stream()
                                .map(field -> field(field, fieldIds))
                                .toList());
            default -> throw type.expected("a data type this version knows");
        };
    }

    private static DataField field(final JsonAt at, final List<Integer> fieldIds) {
        fieldIds.add(at.optionalInteger(FIELD_ID, FieldIds.NO_ID));
        return new DataField(
                at.required(NAME).text(), dataType(at.required(FIELD_TYPE), fieldIds), at.optionalText(DESCRIPTION));
    }
}
