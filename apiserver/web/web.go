// Package web is the GUI: pages that the server renders, which work without scripts and get livelier with them. It knows
// the product through the typed client of the API only, which it calls within the process: what a page can do, a program
// can do too, and every rule of the API holds for both.
package web

import (
	"errors"
	"html/template"
	"log/slog"
	"net/http"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/client"
)

// Gate tells who sits at a browser. Its errors are *wsc.Error with sentences for people, or internal ones.
type Gate interface {
	// SignIn starts a session with an API key, and SignInByLink with the token of a link that works once. They return the
	// token for the browser to keep.
	SignIn(r *http.Request, secret string) (token string, err error)
	SignInByLink(r *http.Request, link string) (token string, err error)
	// Enter returns the request with the caller that the session belongs to: calls of the API with its context are the
	// caller's. The error has wsc.CodeUnauthorized without a session.
	Enter(w http.ResponseWriter, r *http.Request, token string) (*http.Request, *wsc.Key, error)
	// SignOut ends the session, and SignOutEverywhere all sessions of the key.
	SignOut(r *http.Request, token string) error
	SignOutEverywhere(r *http.Request, key *wsc.Key) error
	// Encrypted reports whether the browser came by https.
	Encrypted(r *http.Request) bool
	// Problem is the error boundary: what a person may see of an error.
	Problem(r *http.Request, err error) wsc.Problem
}

// Config is what a Site is made of. API, Gate and LimitPublic are required.
type Config struct {
	// API answers requests to the API; those of the Site come with a context of Gate.Enter.
	API  http.Handler
	Gate Gate
	// LimitPublic bounds by client address what browsers that are not signed in ask for.
	LimitPublic func(http.Handler) http.Handler
	// Logger is slog.Default() if nil.
	Logger *slog.Logger
	// Version of the product.
	Version string
	// TemporalUIURL is the address of the Temporal UI and TemporalNamespace the namespace of the workflows; without an
	// address pages do not link to it.
	TemporalUIURL     string
	TemporalNamespace string
	// KeyHint is how the person at the browser finds a key, shown on the sign-in page; "" for none.
	KeyHint string
	// MaxUploadBytes is the largest list in bytes and MaxURLs the most lines of one, 0 for no limit; Defaults are what jobs
	// have that do not say otherwise. Pages tell people of them.
	MaxUploadBytes int64
	MaxURLs        int64
	Defaults       wsc.Defaults
}

// Site is the GUI.
type Site struct {
	gate        Gate
	api         http.Handler
	client      *client.Client
	logger      *slog.Logger
	version     string
	limitPublic func(http.Handler) http.Handler
	temporal    temporalUI
	keyHint     string
	limits      listLimits
	defaults    wsc.Defaults
	assets      *assets
	templates   map[string]*template.Template
}

// New makes a Site. Templates and assets are read here: one that is broken is an error.
func New(cfg Config) (*Site, error) {
	if cfg.API == nil || cfg.Gate == nil || cfg.LimitPublic == nil {
		return nil, errors.New("web: API, Gate and LimitPublic are required")
	}
	s := &Site{
		gate: cfg.Gate, api: cfg.API, limitPublic: cfg.LimitPublic, logger: cfg.Logger, version: cfg.Version, keyHint: cfg.KeyHint,
		temporal: temporalUI{address: cfg.TemporalUIURL, namespace: cfg.TemporalNamespace},
		limits:   listLimits{Bytes: cfg.MaxUploadBytes, URLs: cfg.MaxURLs, Retention: cfg.Defaults.Retention}, defaults: cfg.Defaults,
	}
	if s.logger == nil {
		s.logger = slog.Default()
	}
	var err error
	if s.client, err = newClient(cfg.API); err != nil {
		return nil, err
	}
	if s.assets, err = loadAssets(); err != nil {
		return nil, err
	}
	s.templates, err = s.parseTemplates()
	return s, err
}
