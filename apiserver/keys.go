package apiserver

import (
	"context"
	"net/http"
	"strconv"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"

	wsc "github.com/website-status-checker/wsc"
)

// KeyPath names a key in the path. It is exported because Huma looks into embedded types only if they are.
type KeyPath struct {
	ID string `path:"id" doc:"Identifier of the key." example:"01980f5e-7a2b-7c3d-8e4f-5a6b7c8d9e0f"`
}

// requested gives a handler the request, for the security events that it records.
type requested struct{ request *http.Request }

// Resolve is called by Huma with the request.
func (in *requested) Resolve(ctx huma.Context) []error {
	in.request, _ = humachi.Unwrap(ctx)
	return nil
}

type keyOutput struct {
	Body wsc.Key
}

type keySecretOutput struct {
	Location string `header:"Location" doc:"Address of the key."`
	Body     wsc.KeyWithSecret
}

type createKeyInput struct {
	requested
	Body wsc.KeyRequest
}

func createKeyDoc() doc {
	return doc{
		id: "create-key", tag: "Keys", summary: "Create an API key", status: http.StatusCreated, scope: wsc.ScopeAdmin,
		description: "The answer holds the secret, which can't be read again. What is made with the key belongs to it: other keys, except those with the scope admin, can't see it.",
		codes:       []wsc.Code{wsc.CodeInvalidJSON, wsc.CodeUnsupportedMediaType},
	}
}

func (s *Server) createKey(ctx context.Context, in *createKeyInput) (*keySecretOutput, error) {
	key, err := s.keys.Create(ctx, in.Body)
	if err != nil {
		return nil, err
	}
	s.recordKey(ctx, in.request, wsc.EventKeyCreated, &key.Key)
	return &keySecretOutput{Location: prefix + "/keys/" + key.ID, Body: *key}, nil
}

type listKeysInput struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"100" doc:"Most keys to return."`
	Cursor string `query:"cursor" maxLength:"4096" doc:"next_cursor of the page before."`
}

type listKeysOutput struct {
	Body wsc.KeyPage
}

func listKeysDoc() doc {
	return doc{
		id: "list-keys", tag: "Keys", summary: "List API keys", scope: wsc.ScopeAdmin,
		description: "Keys, newest first, page by page, without their secrets. The admin key of the configuration is not among them.",
		codes:       []wsc.Code{wsc.CodeInvalidCursor},
	}
}

func (s *Server) listKeys(ctx context.Context, in *listKeysInput) (*listKeysOutput, error) {
	filter := wsc.KeyFilter{Limit: in.Limit + 1}
	if in.Cursor != "" {
		filter.After = &wsc.KeyCursor{}
		if err := decodeCursor(in.Cursor, filter.After); err != nil {
			return nil, err
		}
	}
	found, err := s.keys.List(ctx, filter)
	if err != nil {
		return nil, err
	}
	page := wsc.KeyPage{Keys: listed(found)}
	if len(found) > in.Limit {
		page.Keys = found[:in.Limit]
		last := page.Keys[in.Limit-1]
		page.NextCursor = encodeCursor(wsc.KeyCursor{CreatedAt: last.CreatedAt, ID: last.ID})
	}
	return &listKeysOutput{Body: page}, nil
}

func getKeyDoc() doc {
	return doc{
		id: "get-key", tag: "Keys", summary: "Get an API key", scope: wsc.ScopeAdmin,
		description: "A key without its secret, and where it stands in the current hour.", codes: []wsc.Code{wsc.CodeNotFound},
	}
}

type keyDetailsOutput struct {
	Body wsc.KeyDetails
}

func (s *Server) getKey(ctx context.Context, in *KeyPath) (*keyDetailsOutput, error) {
	key, err := s.keys.Get(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	quota, err := s.keys.Quota(ctx, key)
	if err != nil {
		return nil, err
	}
	return &keyDetailsOutput{Body: wsc.KeyDetails{Key: *key, Requests: quota}}, nil
}

type changeKeyInput struct {
	KeyPath
	requested
	Body wsc.KeyChange
}

func changeKeyDoc() doc {
	return doc{
		id: "change-key", tag: "Keys", summary: "Change an API key", scope: wsc.ScopeAdmin,
		description: "Changes what the body names. All servers know of it within 10 seconds.",
		codes:       []wsc.Code{wsc.CodeNotFound, wsc.CodeInvalidJSON, wsc.CodeUnsupportedMediaType},
	}
}

func (s *Server) changeKey(ctx context.Context, in *changeKeyInput) (*keyOutput, error) {
	key, err := s.keys.Change(ctx, in.ID, in.Body)
	if err != nil {
		return nil, err
	}
	kind := wsc.EventKeyChanged
	if in.Body.IsActive != nil && !*in.Body.IsActive {
		kind = wsc.EventKeyRevoked
	}
	s.recordKey(ctx, in.request, kind, key)
	return &keyOutput{Body: *key}, nil
}

type revokeKeyInput struct {
	KeyPath
	requested
}

func revokeKeyDoc() doc {
	return doc{
		id: "revoke-key", tag: "Keys", summary: "Revoke an API key", scope: wsc.ScopeAdmin, status: http.StatusNoContent,
		description: "The key stops working, on all servers within 10 seconds; event streams that were opened with it end within 30. Its jobs stay.",
		codes:       []wsc.Code{wsc.CodeNotFound},
	}
}

func (s *Server) revokeKey(ctx context.Context, in *revokeKeyInput) (*struct{}, error) {
	key, err := s.keys.Revoke(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	s.recordKey(ctx, in.request, wsc.EventKeyRevoked, key)
	return &struct{}{}, nil
}

type rotateKeyInput struct {
	KeyPath
	requested
	Body wsc.KeyRotation
}

func rotateKeyDoc() doc {
	return doc{
		id: "rotate-key", tag: "Keys", summary: "Give an API key a new secret", scope: wsc.ScopeAdmin,
		description: "The answer holds the new secret, which can't be read again. The secret before works for the grace period, so that nothing has to stop; " +
			"one that was still in an earlier grace period stops at once.",
		codes: []wsc.Code{wsc.CodeNotFound, wsc.CodeConflict, wsc.CodeInvalidJSON, wsc.CodeUnsupportedMediaType},
	}
}

func (s *Server) rotateKey(ctx context.Context, in *rotateKeyInput) (*keySecretOutput, error) {
	key, err := s.keys.Rotate(ctx, in.ID, in.Body)
	if err != nil {
		return nil, err
	}
	s.recordKey(ctx, in.request, wsc.EventKeyRotated, &key.Key)
	return &keySecretOutput{Location: prefix + "/keys/" + key.ID, Body: *key}, nil
}

// recordKey records what an administrator did to a key.
func (s *Server) recordKey(ctx context.Context, r *http.Request, kind wsc.SecurityEventKind, key *wsc.Key) {
	e := event(r, kind, callerOf(ctx).key.ID)
	e.Object, e.Detail = key.ID, strconv.Quote(key.Name)
	s.security.Record(ctx, e)
}

type meOutput struct {
	Body wsc.Me
}

func meDoc() doc {
	return doc{
		id: "get-me", tag: "Keys", summary: "Who am I?", scope: scopeAny,
		description: "The key that the request was made with, and where it stands in the current hour.",
	}
}

func (s *Server) me(ctx context.Context, _ *struct{}) (*meOutput, error) {
	key := callerOf(ctx).key
	quota, err := s.keys.Quota(ctx, key)
	if err != nil {
		return nil, err
	}
	return &meOutput{Body: wsc.Me{Key: *key, Requests: quota}}, nil
}
