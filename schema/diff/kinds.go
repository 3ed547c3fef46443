package diff

import "sort"

// Kind names a kind of change. The names are stable: scripts may depend on them.
type Kind string

// The kinds of change.
const (
	RootTypeAdded   Kind = "ROOT_TYPE_ADDED"
	RootTypeRemoved Kind = "ROOT_TYPE_REMOVED"
	RootTypeChanged Kind = "ROOT_TYPE_CHANGED"

	TypeAdded              Kind = "TYPE_ADDED"
	TypeRemoved            Kind = "TYPE_REMOVED"
	TypeKindChanged        Kind = "TYPE_KIND_CHANGED"
	TypeDescriptionChanged Kind = "TYPE_DESCRIPTION_CHANGED"
	SpecifiedByChanged     Kind = "SPECIFIED_BY_CHANGED"
	OneOfAdded             Kind = "ONE_OF_ADDED"
	OneOfRemoved           Kind = "ONE_OF_REMOVED"

	InterfaceAdded     Kind = "INTERFACE_ADDED"
	InterfaceRemoved   Kind = "INTERFACE_REMOVED"
	UnionMemberAdded   Kind = "UNION_MEMBER_ADDED"
	UnionMemberRemoved Kind = "UNION_MEMBER_REMOVED"

	EnumValueAdded                    Kind = "ENUM_VALUE_ADDED"
	InputEnumValueAdded               Kind = "INPUT_ENUM_VALUE_ADDED"
	EnumValueRemoved                  Kind = "ENUM_VALUE_REMOVED"
	EnumValueDescriptionChanged       Kind = "ENUM_VALUE_DESCRIPTION_CHANGED"
	EnumValueDeprecated               Kind = "ENUM_VALUE_DEPRECATED"
	EnumValueDeprecationRemoved       Kind = "ENUM_VALUE_DEPRECATION_REMOVED"
	EnumValueDeprecationReasonChanged Kind = "ENUM_VALUE_DEPRECATION_REASON_CHANGED"

	FieldAdded                    Kind = "FIELD_ADDED"
	FieldRemoved                  Kind = "FIELD_REMOVED"
	DeprecatedFieldRemoved        Kind = "DEPRECATED_FIELD_REMOVED"
	FieldTypeChanged              Kind = "FIELD_TYPE_CHANGED"
	FieldTypeNarrowed             Kind = "FIELD_TYPE_NARROWED"
	FieldDescriptionChanged       Kind = "FIELD_DESCRIPTION_CHANGED"
	FieldDeprecated               Kind = "FIELD_DEPRECATED"
	FieldDeprecationRemoved       Kind = "FIELD_DEPRECATION_REMOVED"
	FieldDeprecationReasonChanged Kind = "FIELD_DEPRECATION_REASON_CHANGED"

	RequiredArgumentAdded            Kind = "REQUIRED_ARGUMENT_ADDED"
	OptionalArgumentAdded            Kind = "OPTIONAL_ARGUMENT_ADDED"
	ArgumentRemoved                  Kind = "ARGUMENT_REMOVED"
	ArgumentTypeChanged              Kind = "ARGUMENT_TYPE_CHANGED"
	ArgumentTypeWidened              Kind = "ARGUMENT_TYPE_WIDENED"
	ArgumentDefaultAdded             Kind = "ARGUMENT_DEFAULT_ADDED"
	ArgumentDefaultRemoved           Kind = "ARGUMENT_DEFAULT_REMOVED"
	ArgumentDefaultChanged           Kind = "ARGUMENT_DEFAULT_CHANGED"
	ArgumentDescriptionChanged       Kind = "ARGUMENT_DESCRIPTION_CHANGED"
	ArgumentDeprecated               Kind = "ARGUMENT_DEPRECATED"
	ArgumentDeprecationRemoved       Kind = "ARGUMENT_DEPRECATION_REMOVED"
	ArgumentDeprecationReasonChanged Kind = "ARGUMENT_DEPRECATION_REASON_CHANGED"

	RequiredInputFieldAdded            Kind = "REQUIRED_INPUT_FIELD_ADDED"
	OptionalInputFieldAdded            Kind = "OPTIONAL_INPUT_FIELD_ADDED"
	InputFieldRemoved                  Kind = "INPUT_FIELD_REMOVED"
	InputFieldTypeChanged              Kind = "INPUT_FIELD_TYPE_CHANGED"
	InputFieldTypeWidened              Kind = "INPUT_FIELD_TYPE_WIDENED"
	InputFieldDefaultAdded             Kind = "INPUT_FIELD_DEFAULT_ADDED"
	InputFieldDefaultRemoved           Kind = "INPUT_FIELD_DEFAULT_REMOVED"
	InputFieldDefaultChanged           Kind = "INPUT_FIELD_DEFAULT_CHANGED"
	InputFieldDescriptionChanged       Kind = "INPUT_FIELD_DESCRIPTION_CHANGED"
	InputFieldDeprecated               Kind = "INPUT_FIELD_DEPRECATED"
	InputFieldDeprecationRemoved       Kind = "INPUT_FIELD_DEPRECATION_REMOVED"
	InputFieldDeprecationReasonChanged Kind = "INPUT_FIELD_DEPRECATION_REASON_CHANGED"

	DirectiveAdded                            Kind = "DIRECTIVE_ADDED"
	DirectiveRemoved                          Kind = "DIRECTIVE_REMOVED"
	DirectiveDescriptionChanged               Kind = "DIRECTIVE_DESCRIPTION_CHANGED"
	DirectiveLocationAdded                    Kind = "DIRECTIVE_LOCATION_ADDED"
	DirectiveLocationRemoved                  Kind = "DIRECTIVE_LOCATION_REMOVED"
	DirectiveRepeatableAdded                  Kind = "DIRECTIVE_REPEATABLE_ADDED"
	DirectiveRepeatableRemoved                Kind = "DIRECTIVE_REPEATABLE_REMOVED"
	RequiredDirectiveArgumentAdded            Kind = "REQUIRED_DIRECTIVE_ARGUMENT_ADDED"
	OptionalDirectiveArgumentAdded            Kind = "OPTIONAL_DIRECTIVE_ARGUMENT_ADDED"
	DirectiveArgumentRemoved                  Kind = "DIRECTIVE_ARGUMENT_REMOVED"
	DirectiveArgumentTypeChanged              Kind = "DIRECTIVE_ARGUMENT_TYPE_CHANGED"
	DirectiveArgumentTypeWidened              Kind = "DIRECTIVE_ARGUMENT_TYPE_WIDENED"
	DirectiveArgumentDefaultAdded             Kind = "DIRECTIVE_ARGUMENT_DEFAULT_ADDED"
	DirectiveArgumentDefaultRemoved           Kind = "DIRECTIVE_ARGUMENT_DEFAULT_REMOVED"
	DirectiveArgumentDefaultChanged           Kind = "DIRECTIVE_ARGUMENT_DEFAULT_CHANGED"
	DirectiveArgumentDescriptionChanged       Kind = "DIRECTIVE_ARGUMENT_DESCRIPTION_CHANGED"
	DirectiveArgumentDeprecated               Kind = "DIRECTIVE_ARGUMENT_DEPRECATED"
	DirectiveArgumentDeprecationRemoved       Kind = "DIRECTIVE_ARGUMENT_DEPRECATION_REMOVED"
	DirectiveArgumentDeprecationReasonChanged Kind = "DIRECTIVE_ARGUMENT_DEPRECATION_REASON_CHANGED"
)

var argumentKinds = inputKinds{
	what: "argument", removed: ArgumentRemoved, addedRequired: RequiredArgumentAdded, addedOptional: OptionalArgumentAdded,
	typeChanged: ArgumentTypeChanged, typeWidened: ArgumentTypeWidened, description: ArgumentDescriptionChanged,
	defaultAdded: ArgumentDefaultAdded, defaultRemoved: ArgumentDefaultRemoved, defaultChanged: ArgumentDefaultChanged,
	deprecated: ArgumentDeprecated, deprecationRemoved: ArgumentDeprecationRemoved, deprecationReason: ArgumentDeprecationReasonChanged,
}

var inputFieldKinds = inputKinds{
	what: "input field", removed: InputFieldRemoved, addedRequired: RequiredInputFieldAdded, addedOptional: OptionalInputFieldAdded,
	typeChanged: InputFieldTypeChanged, typeWidened: InputFieldTypeWidened, description: InputFieldDescriptionChanged,
	defaultAdded: InputFieldDefaultAdded, defaultRemoved: InputFieldDefaultRemoved, defaultChanged: InputFieldDefaultChanged,
	deprecated: InputFieldDeprecated, deprecationRemoved: InputFieldDeprecationRemoved, deprecationReason: InputFieldDeprecationReasonChanged,
}

var directiveArgumentKinds = inputKinds{
	what: "directive argument", removed: DirectiveArgumentRemoved, addedRequired: RequiredDirectiveArgumentAdded, addedOptional: OptionalDirectiveArgumentAdded,
	typeChanged: DirectiveArgumentTypeChanged, typeWidened: DirectiveArgumentTypeWidened, description: DirectiveArgumentDescriptionChanged,
	defaultAdded: DirectiveArgumentDefaultAdded, defaultRemoved: DirectiveArgumentDefaultRemoved, defaultChanged: DirectiveArgumentDefaultChanged,
	deprecated: DirectiveArgumentDeprecated, deprecationRemoved: DirectiveArgumentDeprecationRemoved, deprecationReason: DirectiveArgumentDeprecationReasonChanged,
}

type judgement struct {
	class  Class
	reason string
}

const (
	onlyText        = "Descriptions change nothing for operations."
	onlyAnnouncing  = "Deprecation announces a removal; operations work as before."
	neverAsked      = "No operation can have used it yet."
	sentValues      = "Operations that send it are not valid any more."
	missingValue    = "Operations that do not send it are not valid any more."
	otherDefault    = "Operations that do not send it get another value than before."
	acceptsMore     = "Every value that was accepted still is."
	acceptsLess     = "Values that were accepted are not, or variables do not fit any more."
	optionalAdded   = "Operations stay valid; what a service does without it may differ from before."
	defaultWasThere = "Operations that do not send it lose the value they relied on."
)

// kinds is the one table of what each kind of change means.
var kinds = map[Kind]judgement{
	RootTypeAdded:   {Safe, neverAsked},
	RootTypeRemoved: {Breaking, "Every operation of that kind fails."},
	RootTypeChanged: {Breaking, "Fragments on the root type and its __typename change."},

	TypeAdded:              {Safe, neverAsked},
	TypeRemoved:            {Breaking, "Fragments and variables that name the type are not valid any more."},
	TypeKindChanged:        {Breaking, "What may be asked of the type is another thing now."},
	TypeDescriptionChanged: {Safe, onlyText},
	SpecifiedByChanged:     {Dangerous, "The values of the scalar may have another form."},
	OneOfAdded:             {Breaking, "Inputs with none or several of the fields are refused now."},
	OneOfRemoved:           {Safe, acceptsMore},

	InterfaceAdded:     {Dangerous, "Fragments on the interface match objects that clients do not expect."},
	InterfaceRemoved:   {Breaking, "Fragments on the interface do not reach the type any more."},
	UnionMemberAdded:   {Dangerous, "Clients may meet a type that they do not know."},
	UnionMemberRemoved: {Breaking, "Fragments on the member are not valid any more."},

	EnumValueAdded:                    {Dangerous, "Clients may meet a value that they do not know."},
	InputEnumValueAdded:               {Safe, "The enum is only sent by clients, and none sends the new value yet."},
	EnumValueRemoved:                  {Breaking, "Operations that send the value are not valid any more."},
	EnumValueDescriptionChanged:       {Safe, onlyText},
	EnumValueDeprecated:               {Safe, onlyAnnouncing},
	EnumValueDeprecationRemoved:       {Safe, onlyAnnouncing},
	EnumValueDeprecationReasonChanged: {Safe, onlyAnnouncing},

	FieldAdded:                    {Safe, neverAsked},
	FieldRemoved:                  {Breaking, "Operations that ask for the field are not valid any more."},
	DeprecatedFieldRemoved:        {Breaking, "Operations that still ask for the deprecated field are not valid any more."},
	FieldTypeChanged:              {Breaking, "Clients get values that they cannot read, or selections do not fit any more."},
	FieldTypeNarrowed:             {Safe, "Every value was allowed before too."},
	FieldDescriptionChanged:       {Safe, onlyText},
	FieldDeprecated:               {Safe, onlyAnnouncing},
	FieldDeprecationRemoved:       {Safe, onlyAnnouncing},
	FieldDeprecationReasonChanged: {Safe, onlyAnnouncing},

	RequiredArgumentAdded:            {Breaking, missingValue},
	OptionalArgumentAdded:            {Dangerous, optionalAdded},
	ArgumentRemoved:                  {Breaking, sentValues},
	ArgumentTypeChanged:              {Breaking, acceptsLess},
	ArgumentTypeWidened:              {Safe, acceptsMore},
	ArgumentDefaultAdded:             {Dangerous, otherDefault},
	ArgumentDefaultRemoved:           {Dangerous, defaultWasThere},
	ArgumentDefaultChanged:           {Dangerous, otherDefault},
	ArgumentDescriptionChanged:       {Safe, onlyText},
	ArgumentDeprecated:               {Safe, onlyAnnouncing},
	ArgumentDeprecationRemoved:       {Safe, onlyAnnouncing},
	ArgumentDeprecationReasonChanged: {Safe, onlyAnnouncing},

	RequiredInputFieldAdded:            {Breaking, missingValue},
	OptionalInputFieldAdded:            {Dangerous, optionalAdded},
	InputFieldRemoved:                  {Breaking, sentValues},
	InputFieldTypeChanged:              {Breaking, acceptsLess},
	InputFieldTypeWidened:              {Safe, acceptsMore},
	InputFieldDefaultAdded:             {Dangerous, otherDefault},
	InputFieldDefaultRemoved:           {Dangerous, defaultWasThere},
	InputFieldDefaultChanged:           {Dangerous, otherDefault},
	InputFieldDescriptionChanged:       {Safe, onlyText},
	InputFieldDeprecated:               {Safe, onlyAnnouncing},
	InputFieldDeprecationRemoved:       {Safe, onlyAnnouncing},
	InputFieldDeprecationReasonChanged: {Safe, onlyAnnouncing},

	DirectiveAdded:                            {Safe, neverAsked},
	DirectiveRemoved:                          {Breaking, "Operations that use the directive are not valid any more."},
	DirectiveDescriptionChanged:               {Safe, onlyText},
	DirectiveLocationAdded:                    {Safe, neverAsked},
	DirectiveLocationRemoved:                  {Breaking, "Operations that use the directive there are not valid any more."},
	DirectiveRepeatableAdded:                  {Safe, acceptsMore},
	DirectiveRepeatableRemoved:                {Breaking, "Operations that repeat the directive are not valid any more."},
	RequiredDirectiveArgumentAdded:            {Breaking, missingValue},
	OptionalDirectiveArgumentAdded:            {Dangerous, optionalAdded},
	DirectiveArgumentRemoved:                  {Breaking, sentValues},
	DirectiveArgumentTypeChanged:              {Breaking, acceptsLess},
	DirectiveArgumentTypeWidened:              {Safe, acceptsMore},
	DirectiveArgumentDefaultAdded:             {Dangerous, otherDefault},
	DirectiveArgumentDefaultRemoved:           {Dangerous, defaultWasThere},
	DirectiveArgumentDefaultChanged:           {Dangerous, otherDefault},
	DirectiveArgumentDescriptionChanged:       {Safe, onlyText},
	DirectiveArgumentDeprecated:               {Safe, onlyAnnouncing},
	DirectiveArgumentDeprecationRemoved:       {Safe, onlyAnnouncing},
	DirectiveArgumentDeprecationReasonChanged: {Safe, onlyAnnouncing},
}

// Kinds lists every kind of change, sorted.
func Kinds() []Kind {
	all := make([]Kind, 0, len(kinds))
	for kind := range kinds {
		all = append(all, kind)
	}
	sort.Slice(all, func(i, j int) bool { return all[i] < all[j] })
	return all
}
